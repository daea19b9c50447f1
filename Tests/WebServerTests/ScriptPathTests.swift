import Servers
import Testing

@Suite("Paths of PHP scripts")
struct ScriptPathTests {
    private static let rules = """
        ignore_in_paths: index.php
        policies: { script: { limit: 2 per day }, api: { limit: 1 per day } }
        rules:
          - { match: { path: /file.php }, policies: [script] }
          - { match: { path: /api/data }, policies: [api] }

        """

    @Test(
        "what follows a script's name evades no rule, and neither does /index.php before a path",
        arguments: Server.allCases)
    func evasions(server: Server) throws {
        let site = try TemporaryFolder()
        let php = try PHPFPM()
        for name in ["index.php", "file.php"] { try site.write("<?php echo 'from PHP';", to: name) }
        let client = try server == .nginx ? Self.nginx(site, php) : Self.apache(site, php)
        for (target, status) in [
            ("/file.php/x", 200), ("/file.php/y", 200), ("/file.php", 429), ("/file.php/z/file.php", 429),
            ("/index.php/api/data", 200), ("/api/data", 429), ("/index.php/other", 200),
        ] {
            let answer = try client.get(target)
            #expect(answer.status == status, "\(target)")
            if status == 200 { #expect(answer.text == "from PHP", "\(target)") }
        }
    }

    private static func nginx(_ site: TemporaryFolder, _ php: PHPFPM) throws -> HTTPClient {
        let limiter = try LimiterProcess(rules: rules)
        let server = NginxSite.template(
            """
            include @nginx@/guard-server.conf;
            root @site@;
            location / { include @nginx@/guard.conf; try_files $uri /index.php$is_args$args; }
            location ~ [^/]\\.php(/|$) {
                include @nginx@/guard.conf;
                fastcgi_split_path_info ^(.+?\\.php)(/.*)$;
                include /etc/nginx/fastcgi_params;
                fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
                fastcgi_param PATH_INFO $fastcgi_path_info;
                fastcgi_pass unix:@php@;
            }
            """)
        let nginx = try NginxServer(
            server, ["socket": limiter.socket, "site": site.path, "php": php.socket], companions: [limiter, site, php])
        return HTTPClient(nginx, port: nginx.port)
    }

    private static func apache(_ site: TemporaryFolder, _ php: PHPFPM) throws -> HTTPClient {
        let server = """
            <Directory "@site@">
                Require all granted
                FallbackResource /index.php
            </Directory>
            <VirtualHost *:${port}>
                DocumentRoot "@site@"
                <FilesMatch "\\.php$">
                    SetHandler "proxy:unix:@php@|fcgi://php"
                </FilesMatch>
                <Location "/">
                    Include @apache@/guard.conf
                </Location>
            </VirtualHost>
            """
        return try ApacheSite(
            rules: rules, server, values: ["site": site.path, "php": php.socket], companions: [site, php]
        ).client()
    }
}
