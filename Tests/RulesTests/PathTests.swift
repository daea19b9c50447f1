import Testing

@testable import Rules

@Suite("Paths as rules compare them")
struct PathTests {
    @Test(
        "all spellings of a path have one normal form",
        arguments: [
            ("/api/data", "/api/data"),
            ("/", "/"),
            ("", "/"),
            ("/api/data/", "/api/data"),
            ("/api//data", "/api/data"),
            ("//api/data", "/api/data"),
            ("/api/%64ata", "/api/data"),
            ("/api/%64%61%74%61", "/api/data"),
            ("/%61%70%69%2Fdata", "/api/data"),
            ("/api%2fdata", "/api/data"),
            ("/api/./data/.", "/api/data"),
            ("/api/x/../data", "/api/data"),
            ("/x/%2e%2E/api/data", "/api/data"),
            ("/x/..%2Fapi/data", "/api/data"),
            ("/../../api/data", "/api/data"),
            ("/api/data/x/..", "/api/data"),
            ("api/data", "/api/data"),
            ("/..", "/"),
            // Decoding happens once, so a path that is encoded twice is another path.
            ("/api/%2564ata", "/api/%64ata"),
            // An incomplete encoding stays as it is.
            ("/api/%6", "/api/%6"),
            ("/api/%zz", "/api/%zz"),
            ("/api/%", "/api/%"),
            // Names that resemble . and ..
            ("/.well-known/x", "/.well-known/x"),
            ("/api/...", "/api/..."),
            ("/api/.data", "/api/.data"),
            // Case and parameters count unless the rules file says otherwise.
            ("/API/data", "/API/data"),
            ("/api;v=1/data", "/api;v=1/data"),
            ("/api/data;x", "/api/data;x"),
            ("/a+b", "/a+b"),
        ])
    func normalized(raw: String, path: String) {
        #expect(text(RequestPath(bytes(raw)).bytes) == path)
    }

    @Test("bytes need not be text: an overlong slash is not a slash, zero bytes and newlines are ordinary bytes")
    func oddBytes() {
        #expect(RequestPath(bytes("/api%c0%afdata")).bytes == [0x2F, 0x61, 0x70, 0x69, 0xC0, 0xAF] + bytes("data"))
        #expect(RequestPath(bytes("/api/data%00")).bytes == bytes("/api/data\0"))
        #expect(RequestPath(bytes("/api/data%0a")).bytes == bytes("/api/data\n"))
        #expect(RequestPath([0x2F, 0xFF]).bytes == [0x2F, 0xFF])
    }

    @Test(
        "ignored parameters are removed before decoding",
        arguments: [
            ("/api;v=1/data;x=/y", "/api/data/y"),
            ("/api/data;jsessionid=1", "/api/data"),
            ("/x/..;a/api/data", "/api/data"),
            ("/api/data%3Bx", "/api/data;x"),
            ("/;/api/;x/data", "/api/data"),
        ])
    func withoutParameters(raw: String, path: String) {
        #expect(text(RequestPath(bytes(raw), .ignoresParameters).bytes) == path)
    }

    @Test(
        "ignored case is folded",
        arguments: [("/API/Data", "/api/data"), ("/%41pi/data", "/api/data"), ("/API//x", "/api/x")])
    func withoutCase(raw: String, path: String) {
        #expect(text(RequestPath(bytes(raw), .ignoresCase).bytes) == path)
    }

    @Test(
        "index.php as a segment is removed where it is ignored, after dots are resolved",
        arguments: [
            ("/index.php/api/data", "/api/data"), ("/index.php", "/"), ("/index.php/", "/"),
            ("/shop/index.php/api", "/shop/api"), ("/inde%78.php//api", "/api"),
            ("/api/index.php/../data", "/api/data"),
            ("/indexes/index.phpx", "/indexes/index.phpx"), ("/Index.php/x", "/Index.php/x"), ("/", "/"), ("/i", "/i"),
        ])
    func withoutIndexPHP(raw: String, path: String) {
        #expect(text(RequestPath(bytes(raw), .ignoresIndexPHP).bytes) == path)
    }

    @Test("index.php is ignored in any case where case is")
    func withoutIndexPHPAndCase() {
        #expect(text(RequestPath(bytes("/INDEX.PHP/Api"), [.ignoresIndexPHP, .ignoresCase]).bytes) == "/api")
    }

    @Test(
        "a target has a path, and may have a query and a host",
        arguments: [
            ("/api/data?x=1", "/api/data", "x=1", nil),
            ("/api/data", "/api/data", nil, nil),
            ("/api/data?", "/api/data", "", nil),
            ("/api/data#part?x=1", "/api/data", nil, nil),
            ("/a?b?c", "/a", "b?c", nil),
            ("http://api.example.com:80/api/data?x=1", "/api/data", "x=1", "api.example.com:80"),
            ("HTTP://user@api.example.com/api", "/api", nil, "api.example.com"),
            ("http://api.example.com", "", nil, "api.example.com"),
            ("http://api.example.com?x=1", "", "x=1", "api.example.com"),
            ("//api/data", "//api/data", nil, nil),
            ("*", "*", nil, nil),
            ("/http://x/y", "/http://x/y", nil, nil),
        ] as [(String, String, String?, String?)])
    func target(raw: String, path: String, query: String?, host: String?) {
        let target = RequestTarget(bytes(raw))
        #expect(text(target.path) == path)
        #expect(target.query.map { text($0) } == query)
        #expect(target.host.map { text($0) } == host)
    }
}
