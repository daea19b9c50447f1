import Testing

@testable import FastCGI

@Suite("Peers that send something else than a request")
struct MalformedPeerTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: [UInt8]
        let fault: RecordScan.Fault

        init(_ name: String, _ fault: RecordScan.Fault, _ write: (inout Records) -> Void) {
            testDescription = name
            self.fault = fault
            var records = Records()
            write(&records)
            bytes = records.bytes
        }

        init(_ name: String, _ fault: RecordScan.Fault, _ bytes: [UInt8]) {
            testDescription = name
            self.fault = fault
            self.bytes = bytes
        }
    }

    static let cases: [Case] = [
        Case("HTTP", .version, Array("GET /api/data HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)),
        Case("zeros", .version, [UInt8](repeating: 0, count: 64)),
        Case("a TLS greeting", .version, [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3]),
        Case("version 0", .version) { $0.add(.begin, [0, 1, 1, 0, 0, 0, 0, 0], version: 0) },
        Case("version 2", .version) { $0.add(.begin, [0, 1, 1, 0, 0, 0, 0, 0], version: 2) },
        Case("another version within the request", .version) {
            $0.begin()
            $0.add(.parameters, Records.pairs(["ECHO": "a"]), version: 7)
        },
        Case("role 0", .role) { $0.begin(role: 0) },
        Case("the filter's role", .role) { $0.begin(role: 3) },
        Case("role 65535", .role) { $0.begin(role: 65_535) },
        Case("parameters before a begin", .sequence) { $0.stream(.parameters, Records.pairs(["ECHO": "a"])) },
        Case("a body before a begin", .sequence) { $0.stream(.input, [1, 2, 3]) },
        Case("a body before the parameters' end", .sequence) {
            $0.begin()
            $0.add(.parameters, Records.pairs(["ECHO": "a"]))
            $0.add(.input)
        },
        Case("parameters after their end", .sequence) {
            $0.begin()
            $0.stream(.parameters, Records.pairs(["ECHO": "a"]))
            $0.add(.parameters, Records.pairs(["ECHO": "b"]))
        },
        Case("a second begin, multiplexed", .sequence) {
            $0.begin(identifier: 1)
            $0.begin(identifier: 2)
        },
        Case("a second begin with the same number", .sequence) {
            $0.begin()
            $0.begin()
        },
        Case("a second begin between parameters and body", .sequence) {
            $0.begin()
            $0.stream(.parameters, Records.pairs(["ECHO": "a"]))
            $0.begin(identifier: 2)
        },
        Case("parameters of another request", .sequence) {
            $0.begin()
            $0.add(.parameters, Records.pairs(["ECHO": "a"]), identifier: 2)
        },
        Case("a body of another request", .sequence) {
            $0.begin()
            $0.stream(.parameters, Records.pairs(["ECHO": "a"]))
            $0.add(.input, [1, 2, 3], identifier: 9)
        },
        Case("a begin for request 0", .sequence) { $0.begin(identifier: 0) },
        Case("a begin of 7 bytes", .sequence) { $0.add(.begin, [0, 1, 1, 0, 0, 0, 0]) },
        Case("a begin of 9 bytes", .sequence) { $0.add(.begin, [0, 1, 1, 0, 0, 0, 0, 0, 0]) },
        Case("an abort before a begin", .sequence) { $0.add(.abort) },
        Case("an abort within the parameters", .sequence) {
            $0.begin()
            $0.add(.parameters, Records.pairs(["ECHO": "a"]))
            $0.add(.abort)
        },
        Case("a record of type 0", .sequence, [1, 0, 0, 1, 0, 0, 0, 0]),
        Case("a record of type 255", .sequence, [1, 255, 0, 1, 0, 0, 0, 0]),
        Case("an answer's records", .sequence) { $0.add(.output, [1, 2, 3]) },
        Case("a filter's data", .sequence) {
            $0.begin()
            $0.add(.data, [1, 2, 3])
        },
        Case("an unknown management record", .sequence) { $0.add(.unknown, [42, 0, 0, 0, 0, 0, 0, 0], identifier: 0) },
        Case("GET_VALUES", .sequence) {
            $0.add(.getValues, Records.pairs(["FCGI_MAX_CONNS": ""]), identifier: 0)
        },
        Case("GET_VALUES within a request", .sequence) {
            $0.begin()
            $0.add(.getValues, Records.pairs(["FCGI_MAX_CONNS": ""]), identifier: 0)
        },
        Case("a name longer than its record", .parameters) {
            $0.begin()
            $0.stream(.parameters, [100, 0, 65, 66])
        },
        Case("a value longer than its record", .parameters) {
            $0.begin()
            $0.stream(.parameters, [1, 100, 65, 66])
        },
        Case("a value one byte longer than its record", .parameters) {
            $0.begin()
            $0.stream(.parameters, [1, 2, 65, 66])
        },
        Case("a name of 2 GiB", .parameters) {
            $0.begin()
            $0.stream(.parameters, [255, 255, 255, 255, 1, 65, 66])
        },
        Case("a name and a value of 2 GiB, whose sum overflows 32 bits", .parameters) {
            $0.begin()
            $0.stream(.parameters, [UInt8](repeating: 255, count: 8) + [65, 66])
        },
        Case("a name's length without a value's", .parameters) {
            $0.begin()
            $0.stream(.parameters, [4])
        },
        Case("half a length of 4 bytes", .parameters) {
            $0.begin()
            $0.stream(.parameters, [0x80, 0, 0])
        },
        Case("half a value's length of 4 bytes", .parameters) {
            $0.begin()
            $0.stream(.parameters, [1, 0x80, 0])
        },
        Case("a good variable before one with a false length", .parameters) {
            $0.begin()
            $0.stream(.parameters, Records.pairs(["ECHO": "a"]) + [9, 9, 65])
        },
        Case("a value longer than its several records", .parameters) {
            $0.begin()
            $0.stream(.parameters, [4, 100] + Array("ECHO".utf8) + [UInt8](repeating: 65, count: 90), size: 7)
        },
        Case("a padded begin", .padding) {
            $0.begin(padding: 8)
            $0.stream(.parameters, Records.pairs(["ECHO": "a"]))
        },
        Case("a padded end of the parameters", .padding) {
            $0.begin()
            $0.add(.parameters, Records.pairs(["ECHO": "a"]))
            $0.add(.parameters, padding: 8)
        },
        Case("a variable of more than 64 KiB", .size) {
            $0.begin()
            $0.stream(.parameters, Records.pairs(["ECHO": String(repeating: "x", count: 70_000)]))
        },
        Case("many variables of more than 64 KiB together", .size) {
            $0.begin()
            for number in 0..<700 {
                $0.add(.parameters, Records.pairs(["NAME_\(number)": String(repeating: "x", count: 100)]))
            }
        },
        Case("a record of 65,535 bytes that does not end the parameters", .size) {
            $0.begin()
            $0.add(.parameters, [UInt8](repeating: 0, count: 65_535), padding: 255)
        },
    ]

    @Test(
        "malformed bytes close their connection, the log has the reason, and other peers are served", arguments: cases)
    func malformed(_ bad: Case) throws {
        let server = try EchoServer(loops: 1)
        let before = try Peer(server.socket)
        #expect(try before.ask(Records.request(["ECHO": "before"])).text == "before")

        let peer = try Peer(server.socket)
        // The server may close while the rest is still being sent.
        try? peer.send(bad.bytes)
        #expect(peer.end() == .closed)
        #expect(server.reports == ["closed a FastCGI connection that sent \(bad.fault.rawValue)"])

        #expect(try before.ask(Records.request(["ECHO": "after"])).text == "after")
        #expect(try server.answersOthers())
        #expect(server.waitForConnections(1))
    }

    @Test("malformed bytes close a kept connection too", arguments: cases)
    func malformedLater(_ bad: Case) throws {
        let server = try EchoServer(loops: 1)
        let peer = try Peer(server.socket)
        #expect(try peer.ask(Records.request(["ECHO": "good"])).text == "good")
        try? peer.send(bad.bytes)
        #expect(peer.end() == .closed)
        #expect(try server.answersOthers())
    }

    @Test("good peers are served beside many bad ones")
    func manyAtOnce() throws {
        let server = try EchoServer(loops: 1)
        let good = try (0..<20).map { _ in try Peer(server.socket) }
        for round in 0..<10 {
            let bad = try Self.cases.map { bad in
                let peer = try Peer(server.socket)
                try? peer.send(bad.bytes)
                return peer
            }
            for peer in good { #expect(try peer.ask(Records.request(["ECHO": "\(round)"])).text == "\(round)") }
            for peer in bad { #expect(peer.end() == .closed) }
        }
        #expect(server.waitForConnections(good.count))
    }

    @Test("a flood of bad peers is logged once")
    func loggedOnce() throws {
        let server = try EchoServer()
        for _ in 0..<1_000 {
            let peer = try Peer(server.socket)
            try? peer.send(Array("GET / HTTP/1.1".utf8))
            #expect(peer.end() == .closed)
        }
        #expect(server.reports.count == 1)
    }

    @Test(
        "GET_VALUES records never reach libfcgi",
        arguments: [
            // libfcgi writes past its buffer if a name comes often.
            (0..<100).flatMap { _ in Records.pairs(["FCGI_MPXS_CONNS": ""]) },
            Records.pairs(["\0": ""]),
            [UInt8](repeating: 255, count: 8) + [UInt8](repeating: 65, count: 60_000),
        ])
    func valuesBeforeRequest(question: [UInt8]) throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        var records = Records()
        records.add(.getValues, question, identifier: 0)
        try? peer.send(records.bytes + Records.request(["ECHO": "a"]))
        #expect(peer.end() == .closed)
        #expect(try server.answersOthers())
    }
}
