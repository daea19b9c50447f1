import Foundation
import Servers
import Testing

@Suite("Limits through nginx")
struct LimitTests {
    @Test(
        "15 requests with one key: 10 are answered, 5 are refused, and every header is right",
        arguments: StoreKind.allCases)
    func everyHeader(store: StoreKind) throws {
        let client = try Site(store).client()
        var resets: [Int] = []
        for number in 1...15 {
            let before = Int(Date().timeIntervalSince1970)
            let answer = try client.get("/api/data", headers: ["X-API-Key": "one key"])
            let after = Int(Date().timeIntervalSince1970) + 1
            let isAdmitted = number <= 10
            #expect(answer.status == (isAdmitted ? 200 : 429))

            let left = max(0, 10 - number)
            #expect(answer["X-RateLimit-Limit"] == "10")
            #expect(answer["X-RateLimit-Remaining"] == "\(left)")
            #expect(answer["X-RateLimit-Strategy"] == "sliding_window")
            #expect(answer["RateLimit-Policy"] == "\"data\";q=10;w=60")

            // Unix time, in whole seconds: when the quota is full again, a window after the last admission.
            let reset = try #require(answer["X-RateLimit-Reset"].flatMap { Int($0) })
            if isAdmitted { #expect((before + 60...after + 60).contains(reset)) } else { #expect(reset == resets.last) }
            resets.append(reset)

            let wait = try #require(try waitInSeconds(answer, policy: "data", left: left))
            if isAdmitted {
                #expect(wait == 60)
                #expect(answer["Retry-After"] == nil)
                #expect(answer["Content-Type"] == "application/json")
                #expect(try answer.json().keys.sorted() == ["data"])
            } else {
                #expect((1...60).contains(wait))
                #expect(answer["Retry-After"] == "\(wait)")
                try expectProblem(answer, policy: "data")
            }
        }
    }

    @Test("t never exceeds w, even after the clock of the store has stepped back")
    func steppedBack() throws {
        let site = try Site(.redis)
        let redis = try #require(site.redis)
        // A bucket of 60 seconds that is full again in 119 seconds.
        let full = Int64(Date().timeIntervalSince1970 * 1_000_000) + 119_000_000
        _ = try redis.command("SET", "bucket:{address=127.0.0.1}:search", "\(full)")
        let answer = try site.client().get("/api/search?q=x")
        #expect(answer.status == 429)
        #expect(answer["RateLimit-Policy"] == "\"search\";q=30;w=60")
        #expect(answer["RateLimit"] == "\"search\";r=0;t=60")
        #expect(answer["Retry-After"] == "61")
    }

    @Test("ab with 1,000 requests on 10 connections gets exactly 10 answers of 200", arguments: StoreKind.allCases)
    func apacheBench(store: StoreKind) throws {
        let site = try Site(store)
        let outcome = try Program("ab", package: "apache2-utils").run(["-n", "1000", "-c", "10", site.url("/api/data")])
        #expect(outcome.status == 0)
        let lines = outcome.text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(lines.contains("Complete requests: 1000"))
        #expect(lines.contains("Non-2xx responses: 990"))
    }

    @Test("search has a bucket of 30 that gains one unit per 2 seconds", arguments: StoreKind.allCases)
    func search(store: StoreKind) throws {
        let client = try Site(store).client()
        var admitted = 0
        let began = ContinuousClock.now
        while true {
            let answer = try client.get("/api/search?q=swift", headers: ["X-API-Key": "a"])
            // The bucket may have gained units since, if the machine is slow.
            let gained = Int((ContinuousClock.now - began) / .seconds(2))
            #expect(answer["X-RateLimit-Limit"] == "30")
            #expect(answer["X-RateLimit-Strategy"] == "token_bucket")
            #expect(answer["RateLimit-Policy"] == "\"search\";q=30;w=60")
            if answer.status == 200 {
                admitted += 1
                try #require(admitted <= 30 + gained)
                let left = try #require(answer["X-RateLimit-Remaining"].flatMap { Int($0) })
                #expect((30 - admitted...30 - admitted + gained).contains(left))
                #expect(try waitInSeconds(answer, policy: "search", left: left) != nil)
                #expect(answer.text == #"{"query":"swift","results":[]}"# + "\n")
            } else {
                #expect(answer.status == 429)
                #expect(admitted >= 30)
                #expect(answer["X-RateLimit-Remaining"] == "0")
                let wait = try #require(answer["Retry-After"].flatMap { Int($0) })
                #expect((1...2).contains(wait))
                #expect(try waitInSeconds(answer, policy: "search", left: 0) == wait)
                try expectProblem(answer, policy: "search")
                break
            }
        }
    }

    @Test("an upload is counted whatever its size, and refused after 5", arguments: StoreKind.allCases)
    func upload(store: StoreKind) throws {
        let client = try Site(store).client()
        for (number, size) in [0, 10, 70_000, 900_000, 1].enumerated() {
            let body = [UInt8](repeating: UInt8(ascii: "x"), count: size)
            let answer = try client.send("POST", "/api/upload", headers: ["X-API-Key": "a"], body: body)
            #expect(answer.status == 200)
            #expect(answer.text == "{\"received\":\(size)}\n")
            #expect(answer["X-RateLimit-Remaining"] == "\(4 - number)")
            #expect(answer["RateLimit-Policy"] == "\"upload\";q=5;w=300")
            #expect(try waitInSeconds(answer, policy: "upload", left: 4 - number) == 300)
        }
        for size in [0, 900_000] {
            let body = [UInt8](repeating: UInt8(ascii: "x"), count: size)
            let answer = try client.send("POST", "/api/upload", headers: ["X-API-Key": "a"], body: body)
            #expect(answer.status == 429)
            try expectProblem(answer, policy: "upload")
        }
    }

    @Test("uploads that follow one another on kept connections never fail", arguments: [15_000, 70_000, 300_000])
    func uploads(size: Int) throws {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: size)
        let site = try Site(.embedded)
        let hammer = Hammer(site.nginx, target: "/api/upload", body: body, clients: 4) { "key \($0)" }
        #expect(hammer.waitForMore(2_000))
        let hits = hammer.stop()
        // Each of four clients used the key once.
        #expect(Array(hits.statuses.keys) == [200])
        #expect(!site.nginx.logText.contains("[error]"))
    }

    @Test("HEAD is counted with GET, and its answer has the same headers and no body", arguments: StoreKind.allCases)
    func head(store: StoreKind) throws {
        let client = try Site(store).client()
        let get = try client.get("/api/data", headers: ["X-API-Key": "a"])
        let head = try client.send("HEAD", "/api/data", headers: ["X-API-Key": "a"])
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
        #expect(head["Content-Length"] == "\(get.body.count)")
        #expect(head["X-RateLimit-Remaining"] == "8")
        #expect(head.headers.map(\.name) == get.headers.map(\.name))
        for _ in 0..<8 { _ = try client.get("/api/data", headers: ["X-API-Key": "a"]) }
        let refused = try client.send("HEAD", "/api/data", headers: ["X-API-Key": "a"])
        #expect(refused.status == 429)
        #expect(refused.body.isEmpty)
        #expect(refused["Retry-After"] != nil)
        #expect(try client.get("/api/data", headers: ["X-API-Key": "b"]).status == 200)
    }

    @Test(
        "an unknown method gets 405 with the methods that the path has",
        arguments: [
            ("POST", "/api/data", "GET, HEAD"), ("PUT", "/api/data", "GET, HEAD"),
            ("DELETE", "/api/search?q=a", "GET, HEAD"),
            ("OPTIONS", "/api/data", "GET, HEAD"), ("GET", "/api/upload", "POST"), ("HEAD", "/api/upload", "POST"),
            ("POST", "/health", "GET, HEAD"), ("DELETE", "/metrics", "GET, HEAD"),
        ])
    func otherMethods(method: String, target: String, allowed: String) throws {
        let client = try Site(.embedded).client()
        for _ in 0..<12 {
            let answer = try client.send(method, target, headers: ["X-API-Key": "a"])
            #expect(answer.status == 405)
            #expect(answer["Allow"] == allowed)
            #expect(answer["Content-Type"] == "application/problem+json")
            #expect(answer["Cache-Control"] == "no-store")
            #expect(answer["X-RateLimit-Limit"] == nil)
            if method != "HEAD" { #expect(try answer.json()["status"] as? Int == 405) }
        }
        // None of them was counted.
        #expect(try client.get("/api/data", headers: ["X-API-Key": "a"])["X-RateLimit-Remaining"] == "9")
    }

    @Test(
        "an unknown path gets 404, and is not limited",
        arguments: [
            "/", "/api", "/api/", "/api/data/", "/api/dat", "/API/DATA", "/api/data%2F", "/healthy", "/?/api/data",
        ])
    func notFound(target: String) throws {
        let client = try Site(.embedded).client()
        let answer = try client.get(target)
        #expect(answer.status == 404)
        #expect(answer["Content-Type"] == "application/problem+json")
        #expect(answer["RateLimit"] == nil)
        #expect(try answer.json()["status"] as? Int == 404)
    }

    @Test(
        "each key has its own limit, and requests without a key are counted by address", arguments: StoreKind.allCases)
    func whoIsCounted(store: StoreKind) throws {
        let site = try Site(store)
        let client = site.client()
        #expect(try site.statuses(11, key: "first") == Array(repeating: 200, count: 10) + [429])
        #expect(try site.statuses(11, key: "second") == Array(repeating: 200, count: 10) + [429])
        for _ in 0..<5 { #expect(try client.get("/api/data").status == 200) }
        // An empty key counts as no key; other connections are the same client.
        for _ in 0..<5 { #expect(try site.client().get("/api/data", headers: ["X-API-Key": ""]).status == 200) }
        #expect(try client.get("/api/data").status == 429)
        // A key that looks like the address is still a key.
        #expect(try site.statuses(11, key: "127.0.0.1") == Array(repeating: 200, count: 10) + [429])
        // Each endpoint counts separately.
        #expect(try client.get("/api/search?q=a").status == 200)
        #expect(try client.send("POST", "/api/upload", body: [1]).status == 200)
    }

    @Test("keys of any characters are counted separately", arguments: StoreKind.allCases)
    func hostileKeys(store: StoreKind) throws {
        let long = String(repeating: "k", count: 4_096)
        let keys = [
            "a", "A", "a b", "a  b", "\"", "\\\"", "'", "\\", "\\n", "%", "%%", "%s%n", "%00", "%0d%0a", "%41", "ü",
            "u\u{308}",
            "🙂", "\u{FFFD}", "a:b", "a:", ":a", "a,b", "a;b", "{a}", "{a", "a}", "[a]", "*", "?", "$1", "`id`",
            "<script>",
            "window:data", "bucket:data", "api_key", "address", "0", "-1", "nil", "\u{1}", "\u{1F}", "\u{7F}", "a\tb",
            long, long + "a",
            long + "b", "a" + long,
        ]
        let client = try Site(store).client()
        for remaining in [9, 8, 7] {
            for key in keys {
                let answer = try client.get("/api/data", headers: ["X-API-Key": key])
                #expect(answer.status == 200, "\(key.debugDescription)")
                #expect(answer["X-RateLimit-Remaining"] == "\(remaining)", "\(key.debugDescription)")
            }
        }
    }

    @Test("a key with a line break or a zero does not pass nginx, and changes no answer")
    func brokenKeys() throws {
        let client = try Site(.embedded).client()
        for key in ["a\rb", "a\0b", "\0"] {
            #expect(try client.get("/api/data", headers: ["X-API-Key": key]).status == 400)
        }
        let answer = try client.get("/api/data", headers: ["X-API-Key": "a\r\nX-Injected: yes"])
        #expect(answer.status == 200)
        #expect(answer["X-Injected"] == nil)
        #expect(try client.get("/api/data", headers: ["X-API-Key": "a"])["X-RateLimit-Remaining"] == "8")
    }

    @Test(
        "the search text comes back as JSON that no client takes for a page",
        arguments: [
            ("q=swift", "swift"), ("q=a+b%20c", "a b c"), ("q=%22%5C%22", "\"\\\""), ("q=%3Cscript%3E%26", "<script>&"),
            ("q=%0D%0AX-Injected:%20yes", "\r\nX-Injected: yes"), ("q=%00%01%1f", "\0\u{1}\u{1F}"), ("q=%C3%BC", "ü"),
            ("q=%FF", "\u{FFFD}"), ("q=%", "%"), ("q=%4", "%4"), ("q=%zz", "%zz"), ("", ""), ("q", ""),
            ("a=1&q=2&q=3", "2"),
            ("Q=1", ""),
        ])
    func query(query: String, text: String) throws {
        let answer = try Site(.embedded).client().get("/api/search?\(query)")
        #expect(answer.status == 200)
        #expect(try answer.json()["query"] as? String == text)
        #expect(answer["X-Injected"] == nil)
        #expect(!answer.text.contains("<"))
    }

    // MARK: -

    /// The `t` of `RateLimit`, after a check of its policy and its rest.
    private func waitInSeconds(_ answer: HTTPAnswer, policy: String, left: Int) throws -> Int? {
        let value = try #require(answer["RateLimit"])
        let start = "\"\(policy)\";r=\(left);t="
        return value.hasPrefix(start) ? Int(value.dropFirst(start.count)) : nil
    }

    private func expectProblem(_ answer: HTTPAnswer, policy: String) throws {
        #expect(answer["Content-Type"] == "application/problem+json")
        #expect(answer["Cache-Control"] == "no-store")
        let problem = try answer.json()
        #expect(problem.keys.sorted() == ["status", "title", "type", "violated-policies"])
        #expect(problem["type"] as? String == "https://iana.org/assignments/http-problem-types#quota-exceeded")
        #expect(problem["title"] as? String == "Too many requests: the limit is used up")
        #expect(problem["status"] as? Int == 429)
        #expect(problem["violated-policies"] as? [String] == [policy])
    }
}
