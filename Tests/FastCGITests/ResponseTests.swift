import Testing

@testable import FastCGI

/// Answers as they go out.
@Suite struct ResponseTests {
    private func text(_ response: Response) -> String {
        String(decoding: response.headBytes, as: UTF8.self)
    }

    @Test("an answer is its status, its headers in their order, its length and an empty line")
    func whole() {
        var response = Response(status: 429, reason: "Too Many Requests", body: [1, 2, 3])
        response.addHeader("Retry-After") { $0.append(decimal: 7) }
        response.addHeader("X-Empty", [])
        response.addHeader("X-Two", "a".utf8)
        response.addHeader("X-Two", "b".utf8)
        #expect(
            text(response) == "Status: 429 Too Many Requests\r\nRetry-After: 7\r\nX-Empty: \r\nX-Two: a\r\nX-Two: b\r\n"
                + "Content-Length: 3\r\n\r\n")
        #expect(response.status == 429)
        #expect(response.sendsBody)
    }

    @Test("an answer without headers and body is whole, too")
    func least() {
        #expect(
            text(Response(status: 204, reason: "No Content")) == "Status: 204 No Content\r\nContent-Length: 0\r\n\r\n")
    }

    @Test("the body may be given later")
    func laterBody() {
        var response = Response(status: 200, reason: "OK")
        response.body = [UInt8](repeating: 65, count: 12_345)
        #expect(text(response).hasSuffix("Content-Length: 12345\r\n\r\n"))
    }

    @Test("no byte of a value can end its line", arguments: 0...255 as ClosedRange<UInt8>)
    func controlBytes(byte: UInt8) {
        var response = Response(status: 200, reason: "OK")
        response.addHeader("X-A", [65, byte, 66])
        response.addHeader("X-B") { $0 += [byte, byte, 67] }
        let expected = byte < 0x20 || byte == 0x7F ? 0x20 : byte
        #expect(
            response.headBytes == Array("Status: 200 OK\r\nX-A: A".utf8) + [expected] + Array("B\r\nX-B: ".utf8)
                + [expected, expected] + Array("C\r\nContent-Length: 0\r\n\r\n".utf8))
    }

    @Test("what writes a value sees the headers before it, and cannot damage them by a line break")
    func writing() {
        var response = Response(status: 200, reason: "OK")
        response.addHeader("X-A", "kept".utf8)
        response.addHeader("X-B") { $0 += Array("\r\n\r\n<script>\0".utf8) }
        #expect(text(response) == "Status: 200 OK\r\nX-A: kept\r\nX-B:     <script> \r\nContent-Length: 0\r\n\r\n")
    }

    @Test(
        "integers in decimal digits",
        arguments: [
            (0, "0"), (1, "1"), (9, "9"), (10, "10"), (99, "99"), (100, "100"), (-1, "-1"), (-10, "-10"),
            (1_795_466_916_123_456, "1795466916123456"), (.max, "9223372036854775807"), (.min, "-9223372036854775808"),
        ] as [(Int64, String)])
    func decimals(number: Int64, text: String) {
        var bytes = Array("x".utf8)
        bytes.append(decimal: number)
        #expect(String(decoding: bytes, as: UTF8.self) == "x" + text)
    }

    @Test("integers of other widths in decimal digits")
    func otherWidths() {
        var bytes: [UInt8] = []
        bytes.append(decimal: UInt64.max)
        bytes.append(text: " ")
        bytes.append(decimal: Int8.min)
        bytes.append(text: " ")
        bytes.append(decimal: UInt8.max)
        bytes.append(text: " ")
        bytes.append(decimal: Int32.min)
        #expect(String(decoding: bytes, as: UTF8.self) == "18446744073709551615 -128 255 -2147483648")
    }
}
