import Testing

@Suite("Forms of a request")
struct RequestFormTests {
    @Test("variables may be spread over several records", arguments: [1, 2, 3, 7, 8, 100])
    func severalRecords(size: Int) throws {
        let server = try EchoServer()
        let request = Records.request(
            ["FIRST": "1", "ECHO": "put together again", "REMOTE_ADDR": "2001:db8::1"], parameterSize: size)
        #expect(try Peer(server.socket).ask(request).text == "put together again")
    }

    @Test("lengths may take four bytes where one would do")
    func longLengths() throws {
        let server = try EchoServer()
        var records = Records()
        records.begin()
        records.stream(.parameters, Records.pairs(["ECHO": "long form", "": "", "EMPTY": ""], lengths: .long))
        records.add(.input)
        #expect(try Peer(server.socket).ask(records.bytes).text == "long form")
    }

    @Test(
        "names and values around the length where one byte no longer does",
        arguments: [126, 127, 128, 129, 255, 256, 60_000])
    func lengthsAtTheEdge(count: Int) throws {
        let server = try EchoServer()
        let value = String(repeating: "v", count: count)
        let name = String(repeating: "N", count: min(count, 300))
        let request = Records.request([name: "x", "ECHO": value, "LAST": "y"])
        #expect(try Peer(server.socket).ask(request).text == value)
    }

    @Test("the largest request is answered")
    func longest() throws {
        let server = try EchoServer()
        // Of 65,536 bytes, a begin takes 16, two headers 16, lengths and name 9, and the end of the body 8.
        let value = String(repeating: "v", count: 65_536 - 16 - 16 - 9 - 8)
        #expect(try Peer(server.socket).ask(Records.request(["ECHO": value], parameterSize: 65_535)).text == value)
    }

    @Test("padding is skipped", arguments: [1, 7, 8, 255])
    func padding(count: UInt8) throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        for number in 1...3 {
            let request = Records.request(
                ["ECHO": "padded \(number)"], body: [1, 2, 3], parameterSize: 4, padding: count)
            #expect(try peer.ask(request).text == "padded \(number)")
        }
    }

    @Test(
        "a request may have any number but 0, which its answer repeats",
        arguments: [1, 2, 255, 256, 65_535] as [UInt16])
    func numbers(identifier: UInt16) throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        var records = Records()
        records.begin(identifier: identifier)
        records.add(.parameters, Records.pairs(["ECHO": "numbered"]), identifier: identifier)
        records.add(.parameters, identifier: identifier)
        records.add(.input, identifier: identifier)
        let answer = try peer.ask(records.bytes)
        #expect(answer.text == "numbered")
        #expect(answer.identifiers == [identifier])
    }

    @Test("a request without variables is answered")
    func noVariables() throws {
        let server = try EchoServer()
        #expect(try Peer(server.socket).ask(Records.request()).text == "")
    }

    @Test("if a variable is sent twice, the first one counts")
    func twice() throws {
        let server = try EchoServer()
        #expect(try Peer(server.socket).ask(Records.request(["ECHO": "first", "ECHO": "second"])).text == "first")
    }

    @Test(
        "a value may contain any bytes",
        arguments: ["=", "a=b=c", "%00%0d%0a", "\u{1}\u{7F}", "ü ☃ 🙂", "\r\nX: y", " "])
    func anyBytes(value: String) throws {
        let server = try EchoServer()
        #expect(try Peer(server.socket).ask(Records.request(["ECHO": value])).text == value)
    }

    @Test("the application gets the role", arguments: [(1, "responder"), (2, "authorizer")] as [(UInt16, String)])
    func role(number: UInt16, name: String) throws {
        let server = try EchoServer()
        let answer = try Peer(server.socket).ask(Records.request(role: number, ["ECHO": "a"]))
        #expect(answer.head.contains("X-Role: \(name)"))
    }
}
