import Testing

@testable import FastCGI

@Suite("The verdict on a connection's bytes, byte by byte")
struct RecordScanTests {
    private func scan(_ bytes: some Sequence<UInt8>) -> RecordScan {
        Array(bytes).withUnsafeBytes { RecordScan($0) }
    }

    static let requests: [(name: String, head: [UInt8], whole: [UInt8])] = [
        ("no variables", Records.head(), Records.request()),
        ("variables", Records.head(["A": "1", "B": "2"]), Records.request(["A": "1", "B": "2"])),
        ("a body", Records.head(["A": "1"]), Records.request(["A": "1"], body: [1, 2, 3, 4, 5])),
        ("a long value", Records.head(["A": long]), Records.request(["A": long])),
    ]

    private static let long = String(repeating: "x", count: 300)

    @Test(
        "every prefix of a request is incomplete, then unfinished, and only the whole has ended", arguments: requests
    )
    func beginnings(name: String, head: [UInt8], whole: [UInt8]) {
        for count in 0..<head.count { #expect(scan(whole[..<count]) == .incomplete) }
        for count in head.count..<whole.count {
            #expect(scan(whole[..<count]) == .request(role: .responder, body: .unfinished(head: head.count)))
        }
        #expect(scan(whole) == .request(role: .responder, body: .ended))
        for count in 1...10 {
            #expect(scan(whole + [UInt8](repeating: 1, count: count)) == .request(role: .responder, body: .followed))
        }
    }

    @Test("every prefix of a padded request in many records")
    func paddedBeginnings() {
        let whole = Records.request(["NAME": "a value", "OTHER": "b"], body: [1, 2], parameterSize: 3, padding: 5)
        // After the head: a padded record of two bytes, and the empty one.
        let head = whole.count - (8 + 2 + 5) - 8
        var seen: [RecordScan] = []
        for count in 0...whole.count {
            let result = scan(whole[..<count])
            if seen.last != result { seen.append(result) }
        }
        #expect(
            seen == [
                .incomplete, .request(role: .responder, body: .unfinished(head: head)),
                .request(role: .responder, body: .ended),
            ])
    }

    @Test("an authorizer's request is complete without a body, and with an empty one")
    func authorizer() {
        let head = Records.head(role: 2, ["A": "1"])
        let whole = Records.request(role: 2, ["A": "1"])
        for count in 0..<head.count { #expect(scan(head[..<count]) == .incomplete) }
        #expect(scan(head) == .request(role: .authorizer, body: .absent))
        for count in (head.count + 1)..<whole.count {
            #expect(scan(whole[..<count]) == .request(role: .authorizer, body: .unfinished(head: head.count)))
        }
        #expect(scan(whole) == .request(role: .authorizer, body: .ended))
    }

    @Test("fewer bytes than a header are incomplete")
    func short() {
        for count in 0..<8 { #expect(scan([UInt8](repeating: 0xFF, count: count)) == .incomplete) }
    }

    @Test("a fault is found with the first header that shows it", arguments: MalformedPeerTests.cases)
    func faults(_ bad: MalformedPeerTests.Case) {
        #expect(scan(bad.bytes.prefix(RecordScan.maximumHeadSize)) == .malformed(bad.fault))
        for count in 0..<min(8, bad.bytes.count) { #expect(scan(bad.bytes.prefix(count)) == .incomplete) }
    }

    @Test(
        "lengths of one byte and of four",
        arguments: [
            ([0, 0], true), ([1, 0, 65], true), ([0, 1, 65], true), ([1, 1, 65], false), ([2, 0, 65], false),
            ([0], false), ([128], false), ([128, 0, 0], false), ([128, 0, 0, 0], false), ([128, 0, 0, 0, 0], true),
            ([128, 0, 0, 0, 128, 0, 0, 0], true), ([128, 0, 0, 1, 0, 65], true), ([128, 0, 0, 2, 0, 65], false),
            ([0, 128, 0, 0, 1, 65], true), ([0, 128, 0, 0, 1], false), ([0, 255, 255, 255, 255], false),
            ([255, 255, 255, 255, 255, 255, 255, 255], false), ([0, 0, 0, 0, 0, 0], true), ([0, 0, 0], false),
        ] as [([UInt8], Bool)])
    func lengths(content: [UInt8], isGood: Bool) {
        var records = Records()
        records.begin()
        records.stream(.parameters, content)
        records.add(.input)
        #expect(scan(records.bytes) == (isGood ? .request(role: .responder, body: .ended) : .malformed(.parameters)))

        // The same content in records of one byte.
        var pieces = Records()
        pieces.begin()
        pieces.stream(.parameters, content, size: 1, padding: 3)
        pieces.add(.input)
        #expect(scan(pieces.bytes) == (isGood ? .request(role: .responder, body: .ended) : .malformed(.parameters)))
    }

    @Test("the size of a head is limited to the byte")
    func bound() {
        func head(_ count: Int) -> [UInt8] {
            var records = Records()
            records.begin()
            records.stream(.parameters, Records.pairs(["A": String(repeating: "x", count: count)]), size: 65_535)
            return records.bytes
        }
        // A begin (16), two headers (16), the lengths (1 + 4) and the name (1).
        let most = RecordScan.maximumHeadSize - 38
        #expect(scan(head(most)) == .request(role: .responder, body: .unfinished(head: RecordScan.maximumHeadSize)))
        #expect(scan(head(most + 1).prefix(RecordScan.maximumHeadSize)) == .malformed(.size))
    }
}
