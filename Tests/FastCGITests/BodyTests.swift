import Testing

@Suite("Unread request bodies, and answers of any size")
struct BodyTests {
    @Test("a body that has arrived is skipped, and the connection kept", arguments: [1, 4_096, 8_192, 30_000, 60_000])
    func wholeBody(count: Int) throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        for number in 1...3 {
            let request = Records.request(
                ["REQUEST_METHOD": "POST", "ECHO": "\(number)"], body: EchoServer.filling(count))
            #expect(try peer.ask(request).text == "\(number)")
        }
        #expect(server.openConnections == 1)
    }

    @Test("a request is answered before its body arrives, and its connection kept for the next request after the body")
    func unfinishedBody() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        var body = Records()
        body.stream(.input, EchoServer.filling(5 << 20), padding: 3)
        for number in 1...3 {
            #expect(try peer.ask(Records.head(["REQUEST_METHOD": "POST", "ECHO": "\(number)"])).text == "\(number)")
            #expect(peer.isQuiet)
            try peer.send(body.bytes)
            #expect(try server.answersOthers())
        }
        #expect(try peer.ask(Records.request(["ECHO": "next"])).text == "next")
        #expect(server.reports.isEmpty)
    }

    @Test("a request and its body may arrive in pieces of any size", arguments: [1, 7, 8, 9, 100])
    func bodyInPieces(size: Int) throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        let request = Records.request(
            ["REQUEST_METHOD": "POST", "ECHO": "a"], body: EchoServer.filling(100), bodySize: 30, padding: 5)
        for _ in 0..<3 {
            for start in stride(from: 0, to: request.count, by: size) {
                try peer.send(Array(request[start..<min(start + size, request.count)]))
                if start > 100 { #expect(try server.answersOthers()) }
            }
            #expect(try peer.answer().text == "a")
        }
        #expect(server.reports.isEmpty)
    }

    @Test("the next request may arrive together with the end of a body")
    func nextAfterBody() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        var rest = Records()
        rest.stream(.input, EchoServer.filling(100_000))
        #expect(try peer.ask(Records.head(["REQUEST_METHOD": "POST", "ECHO": "0"])).text == "0")
        for number in 1...20 {
            let next = Records.head(["REQUEST_METHOD": "POST", "ECHO": "\(number)"])
            #expect(try peer.ask(rest.bytes + next).text == "\(number)")
        }
        #expect(server.reports.isEmpty)
    }

    @Test("a body of 5 MB that is sent before the answer is read is skipped too")
    func bigBody() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        let request = Records.request(["REQUEST_METHOD": "POST", "ECHO": "enough"], body: EchoServer.filling(5 << 20))
        for _ in 0..<3 { #expect(try peer.ask(request).text == "enough") }
        #expect(server.openConnections == 1)
    }

    @Test("a connection that is not to be kept stays open until its peer has sent the rest of 5 MB")
    func unfinishedBodyToClose() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        var request = Records()
        request.begin(.close)
        request.stream(.parameters, Records.pairs(["REQUEST_METHOD": "POST", "ECHO": "enough"]))
        #expect(try peer.ask(request.bytes).text == "enough")
        #expect(peer.end() == .closed)

        var rest = Records()
        rest.stream(.input, EchoServer.filling(5 << 20))
        try peer.send(rest.bytes)
        #expect(try server.answersOthers())
        peer.finishSending()
        #expect(server.waitForConnections(0))
        #expect(server.reports.isEmpty)
    }

    @Test(
        "anything but the rest of an unfinished body closes the connection",
        arguments: [
            Records.request(["ECHO": "too early"]), [0, 0, 0, 0, 0, 0, 0, 0], [1, 2, 0, 1, 0, 0, 0, 0],
            [1, 5, 0, 1, 0, 1, 0, 0, 65, 1, 4, 0, 1, 0, 0, 0, 0], [UInt8](repeating: 0, count: 100_000),
        ])
    func brokenBody(bytes: [UInt8]) throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        #expect(try peer.ask(Records.head(["REQUEST_METHOD": "POST", "ECHO": "enough"])).text == "enough")
        try? peer.send(bytes)
        #expect(peer.end() == .closed)
        #expect(server.reports == ["closed a FastCGI connection that sent a record out of order"])
        #expect(try server.answersOthers())
    }

    @Test("many unfinished bodies delay no other request, and their peers may leave")
    func manyUnfinished() throws {
        let server = try EchoServer(loops: 1)
        do {
            let uploading = try (0..<50).map { _ in try Peer(server.socket) }
            for peer in uploading { try peer.send(Records.head(["REQUEST_METHOD": "POST", "ECHO": "enough"])) }
            #expect(try server.answersOthers())
            for peer in uploading {
                var part = Records()
                part.add(.input, EchoServer.filling(65_535))
                try peer.send(part.bytes)
                #expect(try peer.answer().text == "enough")
            }
            #expect(try server.answersOthers())
        }
        #expect(server.waitForConnections(0))
    }

    @Test("an authorizer's request has no body, and its connection is kept")
    func authorizer() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        for number in 1...3 {
            #expect(try peer.ask(Records.head(role: 2, ["ECHO": "\(number)"])).text == "\(number)")
        }
        // One with an empty body is answered too.
        #expect(try peer.ask(Records.request(role: 2, ["ECHO": "4"])).text == "4")
        #expect(try peer.ask(Records.head(role: 2, ["ECHO": "5"])).text == "5")
    }

    @Test("of pipelined requests the first is answered, and then the connection closed")
    func pipelined() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        try peer.send(Records.request(["ECHO": "first"]) + Records.request(["ECHO": "second"]))
        #expect(try peer.answer().text == "first")
        #expect(peer.end() == .closed)
        #expect(try server.answersOthers())
    }

    @Test("padding after a request closes the connection after its answer", arguments: [0, 8_300])
    func paddedEnd(count: Int) throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        var records = Records()
        records.begin()
        records.stream(.parameters, Records.pairs(["ECHO": "padded", "FILL": String(repeating: "x", count: count)]))
        records.add(.input, padding: 200)
        #expect(try peer.ask(records.bytes).text == "padded")
        #expect(peer.end() == .closed)
        #expect(try server.answersOthers())
    }

    @Test("meaningless bytes after a request close the connection after its answer")
    func followedByGarbage() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        try peer.send(Records.request(["ECHO": "first"]) + [0xFF])
        #expect(try peer.answer().text == "first")
        #expect(peer.end() == .closed)
        #expect(try server.answersOthers())
    }

    @Test("a large answer arrives whole", arguments: [0, 1, 8_184, 8_192, 65_535, 65_536, 1 << 20])
    func bigAnswer(size: Int) throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        for _ in 0..<3 {
            let answer = try peer.ask(Records.request(["SIZE": "\(size)"]))
            #expect(answer.body == EchoServer.filling(size))
            #expect(answer.head.contains("Content-Length: \(size)"))
        }
    }

    @Test("an answer to HEAD gives the length of the body, which is not sent")
    func head() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        let answer = try peer.ask(Records.request(["REQUEST_METHOD": "HEAD", "ECHO": "not sent"]))
        #expect(answer.body.isEmpty)
        #expect(answer.head.contains("Content-Length: 8"))
        #expect(try peer.ask(Records.request(["ECHO": "sent"])).text == "sent")
    }

    @Test("a value from a request cannot break a header line")
    func headerLines() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        let expected = try peer.ask(Records.request(["HEADER": "harmless"])).head
        let answer = try peer.ask(Records.request(["HEADER": "a\r\nSet-Cookie: b\n\n<html>\r\r\u{1B}\t\u{7F}z"]))
        #expect(answer.head.count == expected.count)
        #expect(answer.head.contains("X-Header: a  Set-Cookie: b  <html>     z"))
        #expect(answer.body.isEmpty)
    }
}
