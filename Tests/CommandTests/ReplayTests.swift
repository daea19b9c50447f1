import Foundation
import Servers
import Testing

@Suite("replay")
struct ReplayTests {
    static let rules = """
        banned: [198.51.100.0/24]
        policies:
          data: { limit: 2 per minute, algorithm: sliding_window }
          trial: { limit: 1 per minute, algorithm: token_bucket, mode: shadow }
        rules:
          - name: data
            match: { path: /api/** }
            count: user or address
            policies: [data, trial]

        """

    /// A log with a late line, lines in other formats, and clients by address, by user, unlimited and banned.
    static let log = #"""
        203.0.113.9 - - [23/Nov/2026:20:59:58 +0000] "GET /api/data HTTP/1.1" 200 83 "-" "curl/7.88.1"
        203.0.113.9 - - [23/Nov/2026:21:59:59 +0100] "GET /api/data HTTP/1.1" 200 83 "-" "curl/7.88.1"
        junk
        203.0.113.9 - - [23/Nov/2026:20:59:57 +0000] "GET /api/late HTTP/1.1" 429 83 "-" "curl/7.88.1"
        203.0.113.9 - - [23/Nov/2026:21:00:57 +0000] "GET /api/data HTTP/1.1" 200 83
        203.0.113.9 - - [23/Nov/2026:21:00:58 +0000] "GET /api/data HTTP/1.1" 200 83

        2001:db8:0:1::1 - - [23/Nov/2026:21:01:00 +0000] "GET /api/a HTTP/1.1" 200 83 "-" "a \"b\""
        2001:db8:0:1::2 - alice b [23/Nov/2026:21:01:00 +0000] "GET //api/%64ata?x=1 HTTP/1.1" 200 83 "-" "-"
        203.0.113.7 - - [23/Nov/2026:21:01:01 +0000] "GET /index.html HTTP/1.1" 200 83 "-" "-"
        198.51.100.7 - - [23/Nov/2026:21:01:02 +0000] "GET /index.html HTTP/1.1" 200 83 "-" "-"
        203.0.113.7 - - [23/Nov/2026:21:01:02 +0000] "-" 408 0 "-" "-"

        """#

    static let report = """
        9 requests from 2026-11-23 20:59:57 to 2026-11-23 21:01:02, 2 of 11 lines in another format (18.1 %)
        3 would have been refused (33.3 %), 1 matched no rule, 1 came from banned clients
        1 were refused at the time with status 429 (11.1 %)

        policy                                    requests   refused  first                last
        data                                             7         2  2026-11-23 20:59:59  2026-11-23 21:00:57
        trial                                            7         3  2026-11-23 20:59:59  2026-11-23 21:00:57

        client                                    requests   refused  first                last
        address=203.0.113.9                              5         2  2026-11-23 20:59:59  2026-11-23 21:00:57

        refused by hour
        2026-11-23 20:00:00  #################### 1
        2026-11-23 21:00:00  ######################################## 2

        """

    @Test("reports whom a small log would have refused, when, and by which policy")
    func wholeReport() throws {
        let folder = try TemporaryFolder()
        let outcome = try replay([folder.write(Self.log, to: "access.log")], in: folder)
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        #expect(String(decoding: outcome.output, as: UTF8.self) == Self.report)
    }

    @Test("reads several logs as one, with empty files and incomplete last lines, and - as standard input")
    func severalLogs() throws {
        let folder = try TemporaryFolder()
        let lines = Self.log.split(separator: "\n", omittingEmptySubsequences: false)
        let first = try folder.write(lines[..<4].joined(separator: "\n"), to: "1.log")
        let second = try folder.write(lines[4..<7].joined(separator: "\n"), to: "2.log")
        let empty = try folder.write("", to: "empty.log")
        let rest = lines[7...].joined(separator: "\n")
        let outcome = try replay([first, empty, second, "-"], in: folder, input: rest)
        #expect(String(decoding: outcome.output, as: UTF8.self) == Self.report)
        let all = try replay(["-"], in: folder, input: Self.log)
        #expect(String(decoding: all.output, as: UTF8.self) == Self.report)
    }

    @Test("with --lines prints each refused line unchanged before the report")
    func refusedLines() throws {
        let folder = try TemporaryFolder()
        let outcome = try replay(["--lines", folder.write(Self.log, to: "access.log")], in: folder)
        let lines = Self.log.split(separator: "\n")
        let refused = [lines[3], lines[4], lines[9]].joined(separator: "\n")
        #expect(String(decoding: outcome.output, as: UTF8.self) == refused + "\n" + Self.report)
    }

    @Test("with --clients lists that many clients, by refused requests and then by name", arguments: [0, 1, 2, 3, 10])
    func worstClients(count: Int) throws {
        let folder = try TemporaryFolder()
        let line = { (address: Int) in
            "203.0.113.\(address) - - [23/Nov/2026:20:59:58 +0000] \"GET /api/data HTTP/1.1\" 200 83\n"
        }
        let log = [3, 1, 2, 2, 2, 3, 1, 3, 3, 1].map(line).joined()
        let outcome = try replay(["--clients", "\(count)", "-"], in: folder, input: log)
        let text = String(decoding: outcome.output, as: UTF8.self)
        let found = text.matches(of: /address=203.0.113.(\d) +(\d) +(\d)/).map { "\($0.1):\($0.3)" }
        #expect(found == Array(["3:2", "1:1", "2:1"].prefix(count)))
        #expect(text.contains("and \(3 - count) more clients\n") == (1...2).contains(count))
        #expect(text.contains("\nclient ") == (count > 0))
    }

    @Test("counts a request once for a client that several rules count")
    func severalRules() throws {
        let folder = try TemporaryFolder()
        let rules = """
            matching: all
            policies:
              one: { limit: 1 per minute }
              two: { limit: 2 per minute }
            rules:
              - { match: { path: /** }, policies: [one] }
              - { match: { path: /a }, policies: [two] }
              - { match: { path: /a }, count: everyone, policies: [two] }

            """
        let line = "203.0.113.9 - - [23/Nov/2026:20:59:58 +0000] \"GET /a HTTP/1.1\" 200 83\n"
        let path = try folder.write(rules, to: "limits.yaml")
        let outcome = try limiter(["replay", "--rules", path, "-"], input: line + line + line)
        let found = outcome.text.matches(of: /\n(address=[0-9.]+|all|one|two) +(\d+) +(\d+)/).map {
            "\($0.1) \($0.2) \($0.3)"
        }
        #expect(found == ["one 3 2", "two 6 0", "address=203.0.113.9 3 2", "all 3 2"])
    }

    @Test("with --find-limit reports what each limit would have refused, which is what a file with that limit refuses")
    func findLimit() throws {
        let folder = try TemporaryFolder()
        func path(_ limit: String) throws -> String {
            let policies = "policies: { data: { limit: \(limit) per minute } }\n"
            let rules = "rules: [{ match: { path: /** }, policies: [data] }]\n"
            return try folder.write(policies + rules, to: "limits.yaml")
        }
        // Of client n, n requests per second.
        let log = (0..<60).flatMap { second in
            (1...6).flatMap { client in
                (0..<client).map { _ in
                    "203.0.113.\(client) - - [23/Nov/2026:20:00:\(second / 10)\(second % 10) +0000] \"GET /a HTTP/1.1\" 200 1\n"
                }
            }
        }.joined()
        let file = try folder.write(log, to: "access.log")
        let text = try limiter(["replay", "--rules", path("100"), "--find-limit", "data", file]).text
        let rows = text.matches(of: /\n(\d+) per 60 s, sliding_window( \(now\))? +(\d+) +[0-9.]+ % +(\d+) +([0-9.]+) %/)
        #expect(rows.map(\.1) == ["10", "20", "50", "100", "200", "500", "1000"])
        #expect(rows.map { $0.2 != nil } == [false, false, false, true, false, false, false])
        #expect(rows.map(\.5) == ["100.0", "100.0", "100.0", "83.3", "50.0", "0.0", "0.0"])
        for row in rows {
            let outcome = try limiter(["replay", "--rules", path(String(row.1)), file]).text
            let refused = outcome.firstMatch(of: /\ndata +\d+ +(\d+)/)?.1
            let clients = outcome.matches(of: /\naddress=/).count
            #expect((refused, clients) == (row.3, Int(row.4)), "\(row.1)")
        }
    }

    @Test("counts by the statuses and the bytes in the log")
    func endings() throws {
        let folder = try TemporaryFolder()
        let rules = try folder.write(
            """
            policies:
              login: { limit: 2 per hour, count_if: { status: 401 } }
              egress: { limit: 1 kB per hour, cost: response_bytes }
            rules:
              - { match: { path: /login }, policies: [login] }
              - { policies: [egress] }

            """, to: "limits.yaml")
        let answers = [
            "login 302 5", "login 401 5", "login 302 5", "login 401 5", "login 302 5", "a 200 900", "a 200 -",
            "a 200 900", "a 200 900",
        ]
        let lines = answers.map { line in
            let words = line.split(separator: " ")
            return
                "203.0.113.1 - - [23/Nov/2026:20:00:00 +0000] \"GET /\(words[0]) HTTP/1.1\" \(words[1]) \(words[2])\n"
        }
        let log = try folder.write(lines.joined(), to: "access.log")
        let outcome = try limiter(["replay", "--rules", rules, "--lines", "--find-limit", "login", log])
        #expect(outcome.lines.prefix(2).map { $0 + "\n" } == [lines[4], lines[8]], "\(outcome)")
        #expect(outcome.text.contains("2 would have been refused"))
        #expect(outcome.text.contains(#/\n2 per 3600 s, sliding_window \(now\) +1 /#))
    }

    @Test("with --find-limit and an unknown policy prints one line and exits with status 1")
    func unknownPolicy() throws {
        let outcome = try replay(["--find-limit", "none", "-"], in: TemporaryFolder())
        let line = "the rules have no policy \"none\": write data or trial"
        #expect(outcome.isRefusal(1, line), "\(outcome)")
    }

    @Test(
        "without any line that can be read is an error",
        arguments: [("junk\n\njunk", 2), (String(repeating: "x", count: 3_000_000), 1)])
    func nothingRead(log: String, lines: Int) throws {
        let outcome = try replay(["-"], in: TemporaryFolder(), input: log)
        let line = "none of \(lines) lines is in the combined log format: name an access log of nginx or Apache"
        #expect(outcome.isRefusal(1, line), "\(outcome)")
    }

    @Test("an empty log has no request", arguments: ["", "\n\n"])
    func emptyLog(log: String) throws {
        let outcome = try replay(["-"], in: TemporaryFolder(), input: log)
        #expect(outcome.status == 0)
        #expect(outcome.text == "no request")
    }

    @Test("reads Debian's log of all virtual hosts, and compressed logs, among others")
    func formats() throws {
        let folder = try TemporaryFolder()
        let lines = Self.log.split(separator: "\n", omittingEmptySubsequences: false)
        let hosted = lines.map { $0.contains("[23/Nov") ? "example.com:443 " + $0 : String($0) }
        let first = try folder.write(hosted[..<4].joined(separator: "\n") + "\n", to: "other_vhosts_access.log.2")
        let second = try folder.write(lines[4..<7].joined(separator: "\n") + "\n", to: "access.log.1")
        let rest = try folder.write(hosted[7...].joined(separator: "\n"), to: "other_vhosts_access.log")
        let gzip = try Program("gzip", package: "gzip")
        #expect(try gzip.run([first, second]).status == 0)
        let outcome = try replay([first + ".gz", second + ".gz", rest], in: folder)
        #expect(outcome.errors == "")
        #expect(String(decoding: outcome.output, as: UTF8.self) == Self.report)
    }

    @Test("a compressed log that ends too early is an error")
    func truncated() throws {
        let folder = try TemporaryFolder()
        let log = try folder.write(Self.log, to: "access.log")
        #expect(try Program("gzip", package: "gzip").run([log]).status == 0)
        let whole = FileManager.default.contents(atPath: log + ".gz") ?? Data()
        let part = try folder.write(bytes: [UInt8](whole.dropLast(20)), to: "part.gz")
        let outcome = try replay([part], in: folder)
        let line = "\(part): gzip cannot decompress the whole file: name an access log, or - for standard input"
        #expect(outcome.isRefusal(1, line), "\(outcome)")
    }

    @Test("rules with host match the virtual host of a line, or else the host that --host names")
    func hosts() throws {
        let folder = try TemporaryFolder()
        let rules = """
            policies: { one: { limit: 1 per minute } }
            rules: [{ match: { host: shop.example }, policies: [one] }]

            """
        let path = try folder.write(rules, to: "limits.yaml")
        let line = "203.0.113.9 - - [23/Nov/2026:20:59:58 +0000] \"GET /a HTTP/1.1\" 200 83\n"
        let log = try folder.write(
            "shop.example:80 " + line + "shop.example:443 " + line + "other.example:443 " + line + line + line,
            to: "a.log")
        for (flags, refused, unmatched) in [([], 1, 3), (["--host", "shop.example"], 3, 1), (["--host", "x"], 1, 3)] {
            let text = try limiter(["replay", "--rules", path, log] + flags).text
            #expect(text.contains("\(refused) would have been refused"), "\(text)")
            #expect(text.contains(" \(unmatched) matched no rule"), "\(text)")
        }
    }

    @Test("shows its progress on a terminal and erases it before the report")
    func progress() throws {
        let folder = try TemporaryFolder()
        let line = #"203.0.113.9 - - [23/Nov/2026:20:59:58 +0000] "GET /api/data HTTP/1.1" 200 83 "-" "-""# + "\n"
        // The program reads one mebibyte at a time.
        let log = try folder.write(String(repeating: line, count: (5 << 20) / line.utf8.count), to: "access.log")
        let rules = try folder.write(Self.rules, to: "limits.yaml")
        let limiter = try Program(built: "fcgi-limiter")
        let command = "\(limiter.path) replay --rules \(rules) \(log)"
        let shown = try Program("script", package: "bsdutils").run(["-qec", command, "/dev/null"])
        #expect(shown.status == 0)
        let text = String(decoding: shown.output, as: UTF8.self)
        let positions = text.matches(of: /\r\[(#*\.*)\] (\d+) %/)
        #expect(positions.count >= 4)
        #expect(positions.allSatisfy { $0.1.count == 50 })
        let percents = positions.compactMap { Int($0.2) }
        #expect(percents == percents.sorted())
        #expect(percents.last == 100)
        let end = try #require(text.range(of: "\r\u{1B}[K"))
        let report = text[end.upperBound...]
        #expect(report.contains(" requests from 2026-11-23 20:59:58"))
        #expect(!report.contains("["))
    }

    @Test("with an unreadable log prints one line and exits with status 1")
    func unreadableLog() throws {
        let folder = try TemporaryFolder()
        let rows = [
            (folder.path("none.log"), "No such file or directory"), (folder.path, "Is a directory"),
            ("", "No such file or directory"),
        ]
        for (path, reason) in rows {
            let outcome = try replay([path], in: folder)
            let line = "\(path): \(reason): name an access log, or - for standard input"
            #expect(outcome.isRefusal(1, line), "\(outcome)")
        }
    }

    private func replay(_ words: [String], in folder: TemporaryFolder, input: String = "") throws -> Program.Outcome {
        try limiter(["replay", "--rules", folder.write(Self.rules, to: "limits.yaml")] + words, input: input)
    }
}
