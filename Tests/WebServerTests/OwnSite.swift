import Foundation
import Servers
import Testing

/// A site with headers, error pages, a password, PHP, an application and a second virtual host.
///
/// Every host is served twice: guarded, and plain under a name that begins with "plain-".
final class OwnSite: Sendable {
    let server: Server
    /// The web server's port on 127.0.0.1 and ::1.
    let port: Int
    private let nginx: NginxServer?
    private let apache: ApacheServer?

    /// The log of the web server.
    var logText: String { (nginx?.logText ?? "") + (apache?.logText ?? "") }

    private init(_ server: Server) throws {
        self.server = server
        let (php, app) = (try PHPFPM(), try PythonSite())
        let values = ["php": php.socket, "app": "\(app.port)", "site": Template.path("Tests/Sites/php")]
        switch server {
        case .nginx:
            let limiter = try LimiterProcess(rules: Self.rules)
            let servers = ["", "plain-"].map(Self.nginxServers).joined(separator: "\n")
            let nginx = try NginxServer(
                Template(http: "upstream fcgi_limiter { server unix:@socket@; keepalive 4; }\n\(servers)"),
                values.merging(["socket": limiter.socket]) { $1 }, files: Self.files, companions: [limiter, php, app])
            (self.nginx, apache, port) = (nginx, nil, nginx.port)
        case .apache:
            let hosts = try ["", "plain-"].map(Self.apacheHosts).joined(separator: "\n")
            let apache = try ApacheSite(
                rules: Self.rules, hosts, files: Self.files, values: values, companions: [php, app]
            ).apache
            (nginx, self.apache, port) = (nil, apache, apache.port)
        }
    }

    /// A client with a connection of its own.
    func client(_ host: String) -> HTTPClient { HTTPClient(self, port: port, host: host) }

    // Shared by all tests of the suite, which count under API keys of their own.
    private static let sites = Server.allCases.map { server in Result { try OwnSite(server) } }

    /// The site behind this server, started once.
    ///
    /// - Throws: ``ServerError`` when a program is missing or does not start.
    static func shared(_ server: Server) throws -> OwnSite {
        try sites[server == .nginx ? 0 : 1].get()
    }

    /// Thousand requests per minute, and ten for a client with an API key.
    private static let rules = """
        policies:
          many: { limit: 1000 per minute }
          ten: { limit: 10 per minute, algorithm: sliding_window }
        rules:
          - { match: { path: /**, header: { X-API-Key: "*" } }, count: api_key, policies: [ten] }
          - { match: { path: /** }, policies: [many] }

        """

    private static let files = [
        "site/index.html": "index", "site/folder/index.html": "in the folder", "site/secret/page.html": "secret",
        "site/own/page.html": "own", "site/own404.html": "its own 404", "site/401.html": "our 401",
        "site/403.html": "our 403", "site/404.html": "our 404", "site/413.html": "our 413", "site/429.html": "our 429",
        "site/50x.html": "our 50x", "site/cors/page.html": "for scripts", "shop/index.html": "the shop",
        // The password is "right".
        "passwords": "ann:{SHA}0nofEXcSAJSXFLGvmfBIpBb11vQ=\n",
    ]

    private static func nginxServers(prefix: String) -> String {
        let isGuarded = prefix.isEmpty
        let site = """
            server {
                listen @port@;
                listen [::1]:@port@;
                server_name PREFIXsite;
                SERVER
                root @folder@/site;
                index index.html;
                add_header Strict-Transport-Security "max-age=31536000" always;
                add_header Content-Security-Policy "default-src 'self'" always;
                error_page 401 /401.html;
                error_page 403 /403.html;
                error_page 404 /404.html;
                error_page 413 /413.html;
                error_page 429 /429.html;
                error_page 500 502 503 504 /50x.html;
                error_page 410 = @gone;
                location / {
                    GUARD
                    try_files $uri $uri/ =404;
                }
                location /app/ {
                    GUARD
                    ORIGIN
                    proxy_pass http://127.0.0.1:@app@;
                }
                location /intercepted/ {
                    GUARD
                    proxy_intercept_errors on;
                    proxy_pass http://127.0.0.1:@app@;
                }
                location /down/ {
                    GUARD
                    proxy_pass http://127.0.0.1:1;
                }
                location /denied/ {
                    GUARD
                    deny all;
                }
                location /secret/ {
                    GUARD
                    auth_basic "a site's own";
                    auth_basic_user_file @folder@/passwords;
                }
                location /small/ {
                    GUARD
                    client_max_body_size 1;
                    proxy_pass http://127.0.0.1:@app@;
                }
                location /gone/ {
                    GUARD
                    return 410;
                }
                location @gone {
                    return 200 "gone: $uri";
                }
                location /own/ {
                    error_page 404 /own404.html;
                    add_header X-Own yes always;
                    GUARD
                    HEADERS
                    try_files $uri =404;
                }
                location /cors/ {
                    add_header Access-Control-Allow-Origin "https://app.example" always;
                    GUARD
                    HEADERS
                    ORIGIN
                }
                location ~ [^/]\\.php(/|$) {
                    GUARD
                    root @site@;
                    fastcgi_split_path_info ^(.+?\\.php)(/.*)$;
                    include /etc/nginx/fastcgi_params;
                    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
                    fastcgi_param PATH_INFO $fastcgi_path_info;
                    fastcgi_pass unix:@php@;
                }
            }
            server {
                listen @port@;
                server_name PREFIXshop;
                SERVER
                root @folder@/shop;
                add_header X-Shop yes;
                location / { GUARD }
            }
            """
        return site.replacing("PREFIX", with: prefix)
            .replacing("SERVER", with: isGuarded ? "include @nginx@/guard-server.conf;" : "")
            .replacing("GUARD", with: isGuarded ? "include @nginx@/guard.conf;" : "")
            .replacing("HEADERS", with: isGuarded ? "include @nginx@/guard-headers.conf;" : "")
            .replacing(
                "ORIGIN", with: isGuarded ? "set $fcgi_limiter_allow_origin https://app.example;" : "")
    }

    private static func apacheHosts(prefix: String) throws -> String {
        let guide = try Template(file: "apache/README.md").text
        let line = try #require(guide.firstMatch(of: #/`(Header always set Access-Control-[^`]+)`/#)?.output.1)
        let hosts = """
            <VirtualHost *:${port}>
                ServerName PREFIXsite
                DocumentRoot ${folder}/site
                Header always set Strict-Transport-Security "max-age=31536000"
                Header always set Content-Security-Policy "default-src 'self'"
                ErrorDocument 401 /401.html
                ErrorDocument 403 /403.html
                ErrorDocument 404 /404.html
                ErrorDocument 410 "gone"
                ErrorDocument 429 /429.html
                ErrorDocument 500 /50x.html
                ErrorDocument 502 /50x.html
                ErrorDocument 503 /50x.html
                <Directory ${folder}/site>
                    Require all granted
                    DirectoryIndex index.html
                </Directory>
                ProxyPass "/app/" "http://127.0.0.1:@app@/app/"
                ProxyPass "/down/" "http://127.0.0.1:1/"
                ProxyPass "/intercepted/" "http://127.0.0.1:@app@/intercepted/"
                <Location "/app/">
                    ORIGIN
                </Location>
                <Location "/intercepted/">
                    ProxyErrorOverride On
                </Location>
                <Location "/denied/">
                    Require all denied
                </Location>
                <Location "/secret/">
                    AuthType Basic
                    AuthName "a site's own"
                    AuthBasicProvider file
                    AuthUserFile ${folder}/passwords
                    Require valid-user
                </Location>
                Redirect 410 "/gone/"
                <Location "/own/">
                    Header always set X-Own yes
                    ErrorDocument 404 /own404.html
                </Location>
                <Location "/cors/">
                    Header always set Access-Control-Allow-Origin "https://app.example"
                </Location>
                AliasMatch "^(/[^/]+\\.php.*)" "@site@$1"
                <Directory "@site@">
                    Require all granted
                    <FilesMatch "\\.php$">
                        SetHandler "proxy:unix:@php@|fcgi://php"
                    </FilesMatch>
                </Directory>
                GUARD
            </VirtualHost>
            <VirtualHost *:${port}>
                ServerName PREFIXshop
                DocumentRoot ${folder}/shop
                <Directory ${folder}/shop>
                    Require all granted
                    DirectoryIndex index.html
                </Directory>
                Header set X-Shop yes
                GUARD
            </VirtualHost>
            """
        let location = "<Location \"/\">\nInclude @apache@/guard.conf\n</Location>"
        return hosts.replacing("PREFIX", with: prefix).replacing("ORIGIN", with: line)
            .replacing("GUARD", with: prefix.isEmpty ? location : "")
    }
}
