import Foundation
import Servers
import Testing

@Suite("How requests ended, as Apache reports it")
struct ApacheReportTests {
    /// Apache with a guarded application, which reports how requests ended.
    private final class Site {
        let port: Int
        let apache: ApacheServer

        init(_ rules: String = ReportedSite.login, snippet: String = "guard.conf") throws {
            port = try FreePort().number
            let limiter = try LimiterProcess(
                rules: rules, flags: snippet == "guard.conf" ? [] : ["--reports", "127.0.0.1:\(port)"])
            apache = try ApacheSite(
                rules: rules,
                """
                Define FCGI_LIMITER_SOCKET \(limiter.socket)
                Define FCGI_LIMITER_REPORTS 127.0.0.1:\(port)
                FcgidInitialEnv FCGI_LIMITER_REPORTS ${FCGI_LIMITER_REPORTS}
                Include @apache@/report.conf
                <Location "/">
                    Include @apache@/\(snippet)
                </Location>
                <Directory ${folder}/site>
                    Require all granted
                    DirectoryIndex index.html
                    FallbackResource /index.html
                </Directory>
                ErrorDocument 404 /404.html
                Alias "/scripts/" "${folder}/site/scripts/"
                <Directory ${folder}/site/scripts>
                    Options +ExecCGI
                    SetHandler cgi-script
                    FallbackResource disabled
                </Directory>
                ProxyPass "/app/" "http://127.0.0.1:@app@/"
                ProxyPass "/down/" "http://127.0.0.1:1/"
                CustomLog ${folder}/site/access.log "%>s %U"
                """,
                files: [
                    "site/index.html": "index", "site/404.html": "our 404",
                    "site/scripts/login": "#!/bin/sh\nprintf 'Status: 401\\n\\n'",
                ], companions: [limiter]
            ).apache
        }

        func client() -> HTTPClient { HTTPClient(self, port: apache.port) }
    }

    @Test("wrong logins use up the limit and right ones cost nothing", arguments: ["guard.conf", "guard-daemon.conf"])
    func login(snippet: String) throws {
        let client = try Site(snippet: snippet).client()
        func status(_ status: Int) throws -> Int {
            let answer = try client.get("/app/?status=\(status)")
            expectNothingInternal(answer)
            #expect(answer.headers.allSatisfy { !$0.name.lowercased().contains("receipt") })
            return answer.status
        }
        for _ in 0..<20 {
            // A report of Apache goes through another program, so the next request may come before it.
            #expect(try waitUntil { try status(200) == 200 })
            #expect(try waitUntil { try status(302) == 302 })
        }
        for _ in 0..<3 { #expect(try waitUntil { try status(401) == 401 }) }
        #expect(try waitUntil { try status(200) == 429 })
        #expect(try client.get("/app/", headers: ["X-API-Key": "b"])["X-RateLimit-Remaining"] == "2")
    }

    @Test(
        "the report has the status that the client got",
        arguments: [
            ("/app/?status=302", 302), ("/app/?status=500", 500), ("/down/", 503), ("/", 200), ("/pretty/path", 200),
            ("/scripts/none", 404),
        ])
    func endings(path: String, status: Int) throws {
        // A request that is refunded leaves three units, and one that counts two.
        for (counted, left) in [(status, "1"), (status == 200 ? 201 : 200, "2")] {
            let site = try Site(ReportedSite.login.replacing("[401, 403]", with: "\(counted)"))
            let client = site.client()
            #expect(try client.get(path).status == status)
            // Only an ending that counts is seen by the next request; a request that is not counted changes nothing.
            let other = status == 200 ? "/app/?status=404" : "/app/?status=401"
            #expect(try waitUntil { try client.get(other)["X-RateLimit-Remaining"] == left }, "\(counted)")
        }
    }

    @Test("reports of many requests at once are settled, whichever process gave the receipt, also after all died")
    func manyProcesses() throws {
        let site = try Site(ReportedSite.login.replacing("3 per hour", with: "1000 per hour"))
        let client = site.client()
        let ab = try Program("ab", package: "apache2-utils")
        let outcome = try ab.run(["-s", "120", "-n", "500", "-c", "20", "http://127.0.0.1:\(site.apache.port)/app/"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try waitUntil { try client.get("/app/")["X-RateLimit-Remaining"] == "999" })
        #expect(site.apache.limiters.count > 1)
        for limiter in site.apache.limiters { kill(limiter, SIGKILL) }
        for _ in 0..<10 { #expect(try client.get("/app/").status == 200) }
        #expect(try waitUntil { try client.get("/app/")["X-RateLimit-Remaining"] == "999" })
    }
}
