import Limiters
import Testing

@testable import Rules

@Suite("A line of an access log")
struct LogLineTests {
    /// 2026-11-23 21:46:38 UTC.
    private static let time: Microseconds = 1_795_470_398_000_000

    /// A line, and the CGI variables: address, user, method, target, query, referer, user agent.
    static let lines: [(String, [String?])] = [
        (
            #"203.0.113.9 - - [23/Nov/2026:21:46:38 +0000] "GET /api/data HTTP/1.1" 200 83 "-" "curl/7.88.1""#,
            ["203.0.113.9", nil, "GET", "/api/data", "", nil, "curl/7.88.1"]
        ),
        // The common log format.
        (
            #"203.0.113.9 - - [23/Nov/2026:21:46:38 +0000] "GET /a?x=1&y=2 HTTP/1.0" 304 -"#,
            ["203.0.113.9", nil, "GET", "/a?x=1&y=2", "x=1&y=2", nil, nil]
        ),
        (
            #"2001:db8::1 - alice [23/Nov/2026:21:46:38 +0000] "POST / HTTP/2.0" 201 0 "https://a.example/?q=%22" "x""#,
            ["2001:db8::1", "alice", "POST", "/", "", "https://a.example/?q=%22", "x"]
        ),
        // User names with a space, with brackets, and with quotes as nginx and Apache escape them.
        (
            #"::1 - alice b [23/Nov/2026:21:46:38 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#,
            ["::1", "alice b", "GET", "/", "", nil, nil]
        ),
        (
            #"::1 - a [x] [b [23/Nov/2026:21:46:38 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#,
            ["::1", "a [x] [b", "GET", "/", "", nil, nil]
        ),
        (
            #"::1 - a\x22b [23/Nov/2026:21:46:38 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#,
            ["::1", #"a"b"#, "GET", "/", "", nil, nil]
        ),
        (
            #"::1 - a\"b\\ [23/Nov/2026:21:46:38 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#,
            ["::1", #"a"b\"#, "GET", "/", "", nil, nil]
        ),
        // A user name that imitates another line.
        (
            #"::1 - x [01/Jan/2000:00:00:00 +0000] \"GET / [23/Nov/2026:21:46:38 +0000] "PUT /a" 200 1"#,
            ["::1", #"x [01/Jan/2000:00:00:00 +0000] "GET /"#, "PUT", "/a", "", nil, nil]
        ),
        // Escaped quotes in the request, the referer and the agent.
        (
            #"192.0.2.1 - - [23/Nov/2026:21:46:38 +0000] "GET /\"a\\ HTTP/1.1" 404 9 "\"r\"" "say \"hi\" \\""#,
            ["192.0.2.1", nil, "GET", #"/"a\"#, "", #""r""#, #"say "hi" \"#]
        ),
        // Escapes of nginx and of Apache; escapes that neither writes stay as they are.
        (
            #"192.0.2.1 - - [23/Nov/2026:21:46:38 +0000] "GET /\x22\xC3\xA9\x5Cx22?q=\x7F HTTP/1.1" 404 9 "-" "\x09""#,
            ["192.0.2.1", nil, "GET", #"/"é\x22?q="# + "\u{7F}", "q=\u{7F}", nil, "\t"]
        ),
        (
            #"192.0.2.1 - - [23/Nov/2026:21:46:38 +0000] "GET /\xc3\xa9\\x22 HTTP/1.1" 404 9 "-" "\b\t\n\v\r\e\x0""#,
            ["192.0.2.1", nil, "GET", #"/é\x22"#, "", nil, "\u{8}\t\n\u{B}\r\\e\\x0"]
        ),
        // An RFC 1413 identity, time zones, and more fields at the end.
        (
            #"192.0.2.1 ident bob [23/Nov/2026:23:16:38 +0130] "HEAD / HTTP/1.1" 200 1 "-" "a" "b" 0.003"#,
            ["192.0.2.1", "bob", "HEAD", "/", "", nil, "a"]
        ),
        (
            #"192.0.2.1 - - [23/Nov/2026:13:46:38 -0800] "GET / HTTP/1.1" 200 1 "-" "a""#,
            ["192.0.2.1", nil, "GET", "/", "", nil, "a"]
        ),
        (
            #"192.0.2.1 - - [24/Nov/2026:11:46:38 +1400] "GET / HTTP/1.1" 200 1 "-" "a""#,
            ["192.0.2.1", nil, "GET", "/", "", nil, "a"]
        ),
        // Apache logs host names if HostnameLookups is on.
        (
            #"client.example - - [23/Nov/2026:21:46:38 +0000] "GET / HTTP/1.1" 200 1 "-" "é\xff""#,
            ["client.example", nil, "GET", "/", "", nil, "é\u{FFFD}"]
        ),
    ]

    @Test("is parsed into the request that was logged", arguments: lines)
    func read(line: String, values: [String?]) throws {
        let request = try #require(AccessLogLine(Array(line.utf8)[...]))
        #expect(request.time == Self.time)
        let names = [
            "REMOTE_ADDR", "REMOTE_USER", "REQUEST_METHOD", "REQUEST_URI", "QUERY_STRING", "HTTP_REFERER",
            "HTTP_USER_AGENT",
        ]
        for (name, value) in zip(names, values) {
            let bytes = request.bytes(of: Array(name.utf8))
            #expect(bytes.map { String(decoding: $0, as: UTF8.self) } == value, "\(name)")
        }
        #expect(request.bytes(of: Array("HTTP_X_API_KEY".utf8)) == nil)
    }

    @Test(
        "in another format is rejected",
        arguments: [
            "", " ", "junk", "\"", "[]", "a b c d e f g",
            #"203.0.113.9 - - "GET / HTTP/1.1" 200 83 "-" "-""#,
            #"203.0.113.9 - - [] "GET / HTTP/1.1" 200 83 "-" "-""#,
            #"203.0.113.9 - - [23/Nov/2026:21:46:38] "GET / HTTP/1.1" 200 83"#,
            #"203.0.113.9 - - [23/Now/2026:21:46:38 +0000] "GET / HTTP/1.1" 200 83"#,
            #"203.0.113.9 - - [23-Nov-2026:21:46:38 +0000] "GET / HTTP/1.1" 200 83"#,
            #"203.0.113.9 - - [00/Nov/2026:21:46:38 +0000] "GET / HTTP/1.1" 200 83"#,
            #"203.0.113.9 - - [32/Nov/2026:21:46:38 +0000] "GET / HTTP/1.1" 200 83"#,
            #"203.0.113.9 - - [23/Nov/2026:24:46:38 +0000] "GET / HTTP/1.1" 200 83"#,
            #"203.0.113.9 - - [23/Nov/2026:21:60:38 +0000] "GET / HTTP/1.1" 200 83"#,
            #"203.0.113.9 - - [23/Nov/2026:21:46:61 +0000] "GET / HTTP/1.1" 200 83"#,
            #"203.0.113.9 - - [23/Nov/2026:21:46:38 *0000] "GET / HTTP/1.1" 200 83"#,
            #"203.0.113.9 - - [23/Nov/2026:21:46:38 +00x0] "GET / HTTP/1.1" 200 83"#,
            #"203.0.113.9 - - [2é/Nov/2026:21:46:38 +0000] "GET / HTTP/1.1" 200 83"#,
            // Connections without a request, or without HTTP.
            #"203.0.113.9 - - [23/Nov/2026:21:46:38 +0000] "-" 408 0 "-" "-""#,
            #"203.0.113.9 - - [23/Nov/2026:21:46:38 +0000] "" 400 0 "-" "-""#,
            #"203.0.113.9 - - [23/Nov/2026:21:46:38 +0000] "\x16\x03\x01" 400 150 "-" "-""#,
            // Cut off.
            #"203.0.113.9 - - [23/Nov/2026:21:46:38 +0000] "GET / HTTP/1.1"#,
            #"203.0.113.9 - - [23/Nov/2026:21:46:38 +0000] "GET / HTTP/1.1\""#,
            #"203.0.113.9 - - [23/Nov/2026:21:46:38 +0000]"#,
            #"2026/11/23 21:46:38 [error] 7#7: *1 open() "/a" failed (2: No such file or directory)"#,
        ])
    func junk(line: String) {
        #expect(AccessLogLine(Array(line.utf8)[...]) == nil)
    }
}
