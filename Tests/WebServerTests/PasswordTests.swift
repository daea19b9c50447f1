import Foundation
import Servers
import Testing

@Suite("Wrong passwords")
struct PasswordTests {
    /// A location `/secret/` with a password, guarded as the guides recommend.
    enum Setup: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case nginxBasic = "nginx: auth_basic"
        case nginxAuthRequest = "nginx: auth_request of the site"
        case nginxSatisfyAny = "nginx: satisfy any"
        case nginxRedirect = "nginx: redirect.conf and auth_basic"
        case nginxRedirectAuthRequest = "nginx: redirect.conf, auth_request of the site and satisfy any"
        case apacheBasic = "Apache: AuthType Basic"
        case apacheAny = "Apache: RequireAny"
        case apacheDaemon = "Apache: guard-daemon.conf and AuthType Basic"

        var testDescription: String { rawValue }

        /// Whether the site names a realm when it asks for the password.
        var hasRealm: Bool { self != .nginxAuthRequest && self != .nginxRedirectAuthRequest }

        /// The content of nginx's `server`, or Apache's configuration.
        fileprivate var site: String {
            let basic = "auth_basic \"a site's own\"; auth_basic_user_file @folder@/passwords;"
            // The site's own login service: an Authorization that it does not know is 401.
            let request = "auth_request /.login;"
            let login = """
                location = /.login {
                    internal;
                    if ($http_authorization = "Basic YW5uOnJpZ2h0") { return 204; }
                    return 401;
                }
                """
            let any = "satisfy any; allow 192.0.2.1; deny all;"
            func guarded(_ login: String) -> String {
                """
                include @nginx@/guard-server.conf;
                location /secret/ {
                    include @nginx@/guard.conf;
                    try_files /.nothing @secret;
                }
                location @secret { \(login) proxy_pass http://127.0.0.1:@app@; }
                """
            }
            func redirected(_ login: String) -> String {
                """
                location /secret/ {
                    include @nginx@/redirect.conf;
                    fastcgi_param FCGI_LIMITER_FRONT @secret;
                    error_page 502 504 = @secret;
                }
                location @secret { include @nginx@/redirected.conf; \(login) proxy_pass http://127.0.0.1:@app@; }
                """
            }
            func apache(_ guarding: String, _ requirement: String) -> String {
                """
                ProxyPass "/" "http://127.0.0.1:@app@/"
                <Location "/secret/">
                    Include @apache@/\(guarding)
                    AuthType Basic
                    AuthName "a site's own"
                    AuthBasicProvider file
                    AuthUserFile ${folder}/passwords
                    \(requirement)
                </Location>
                """
            }
            return switch self {
            case .nginxBasic: guarded(basic)
            case .nginxAuthRequest: guarded(request) + login
            case .nginxSatisfyAny: guarded(any + basic)
            case .nginxRedirect: redirected(basic)
            case .nginxRedirectAuthRequest: redirected(any + request) + login
            case .apacheBasic: apache("guard.conf", "Require valid-user")
            case .apacheAny:
                apache("guard.conf", "<RequireAny>\nRequire ip 192.0.2.1\nRequire valid-user\n</RequireAny>")
            case .apacheDaemon: apache("guard-daemon.conf", "Require valid-user")
            }
        }

        fileprivate func client(rules: String) throws -> HTTPClient {
            let files = ["passwords": "ann:{SHA}0nofEXcSAJSXFLGvmfBIpBb11vQ=\n"]
            switch self {
            case .apacheBasic, .apacheAny: return try ApacheSite(rules: rules, site, files: files).client()
            case .apacheDaemon:
                let limiter = try LimiterProcess(rules: rules)
                return try ApacheSite(
                    "Define FCGI_LIMITER_SOCKET \(limiter.socket)\n" + site, files: files, companions: [limiter]
                ).client()
            default: return try NginxSite(rules: rules, site, files: files).client()
            }
        }
    }

    @Test("three are answered 401, then all get 429, and a right one passes", arguments: Setup.allCases)
    func wrong(setup: Setup) throws {
        let client = try setup.client(rules: Rules.ten.replacing("10 per minute", with: "3 per minute"))
        let wrong = "Basic \(Data("ann:wrong".utf8).base64EncodedString())"
        for left in [2, 1, 0] {
            let answer = try client.get("/secret/x?y", headers: ["Authorization": wrong])
            expectCounted(answer, left: left, policy: "ten", limit: 3, status: 401)
            if setup.hasRealm { #expect(answer["WWW-Authenticate"] == "Basic realm=\"a site's own\"") }
        }
        let right = "Basic \(Data("ann:right".utf8).base64EncodedString())"
        for password in [wrong, right] {
            try expectRefused(
                client.get("/secret/x", headers: ["Authorization": password]), policy: "ten", limit: 3)
        }
        let admitted = try client.send(
            "PUT", "/secret/x?y", headers: ["Authorization": right, "X-API-Key": "other"], body: [1, 2, 3])
        expectCounted(admitted, left: 2, policy: "ten", limit: 3)
        try expectEcho(admitted, "PUT", "/secret/x?y", length: 3)
    }
}
