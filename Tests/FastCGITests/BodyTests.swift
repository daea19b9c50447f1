import Testing

/// Request bodies that nobody reads, and answers of any size.
@Suite struct BodyTests {
    @Test("a body that has come is skipped, and the connection kept", arguments: [1, 4_096, 8_192, 30_000, 60_000])
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

    @Test("a body whose end has not come is answered, then left, while the peer goes on to send 5 MB")
    func unfinishedBody() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        try peer.send(Records.head(["REQUEST_METHOD": "POST", "ECHO": "enough"]))
        #expect(try peer.answer().text == "enough")
        #expect(peer.end() == .closed)

        var rest = Records()
        rest.stream(.input, EchoServer.filling(5 << 20))
        try peer.send(rest.bytes)
        #expect(try server.answersOthers())
        peer.finishSending()
        #expect(server.waitForConnections(0))
        #expect(server.reports.isEmpty)
    }

    @Test("a body of 5 MB that is sent before the answer is read is taken, too")
    func bigBody() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        let request = Records.request(["REQUEST_METHOD": "POST", "ECHO": "enough"], body: EchoServer.filling(5 << 20))
        #expect(try peer.ask(request).text == "enough")
        #expect(peer.end() == .closed)
        #expect(server.waitForConnections(1))
    }

    @Test("many unfinished bodies hold up no other")
    func manyUnfinished() throws {
        let server = try EchoServer(loops: 1)
        let uploading = try (0..<50).map { _ in try Peer(server.socket) }
        for peer in uploading { try peer.send(Records.head(["REQUEST_METHOD": "POST", "ECHO": "enough"])) }
        #expect(try server.answersOthers())
        for peer in uploading {
            try peer.send([UInt8](repeating: 0, count: 100_000))
            #expect(try peer.answer().text == "enough")
        }
        #expect(try server.answersOthers())
    }

    @Test("an authorizer's request needs no body, and its connection is kept")
    func authorizer() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        for number in 1...3 {
            #expect(try peer.ask(Records.head(role: 2, ["ECHO": "\(number)"])).text == "\(number)")
        }
        // One that ends its body all the same is answered too.
        #expect(try peer.ask(Records.request(role: 2, ["ECHO": "4"])).text == "4")
        #expect(try peer.ask(Records.head(role: 2, ["ECHO": "5"])).text == "5")
    }

    @Test("of requests that are sent without waiting the first is answered, and the connection then closed")
    func pipelined() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        try peer.send(Records.request(["ECHO": "first"]) + Records.request(["ECHO": "second"]))
        #expect(try peer.answer().text == "first")
        #expect(peer.end() == .closed)
        #expect(try server.answersOthers())
    }

    @Test("padding behind a request ends the connection behind its answer", arguments: [0, 8_300])
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

    @Test("bytes of no meaning behind a request end the connection behind its answer")
    func followedByGarbage() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        try peer.send(Records.request(["ECHO": "first"]) + [0xFF])
        #expect(try peer.answer().text == "first")
        #expect(peer.end() == .closed)
        #expect(try server.answersOthers())
    }

    @Test("a big answer comes whole", arguments: [0, 1, 8_184, 8_192, 65_535, 65_536, 1 << 20])
    func bigAnswer(size: Int) throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        for _ in 0..<3 {
            let answer = try peer.ask(Records.request(["SIZE": "\(size)"]))
            #expect(answer.body == EchoServer.filling(size))
            #expect(answer.head.last == "Content-Length: \(size)")
        }
    }

    @Test("an answer to HEAD names the length of a body that it does not send")
    func head() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        let answer = try peer.ask(Records.request(["REQUEST_METHOD": "HEAD", "ECHO": "not sent"]))
        #expect(answer.body.isEmpty)
        #expect(answer.head.last == "Content-Length: 8")
        #expect(try peer.ask(Records.request(["ECHO": "sent"])).text == "sent")
    }

    @Test("a value from a request cannot break a header's line")
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
