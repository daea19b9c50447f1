import Testing

@testable import FastCGI

@Suite("Responses as they are sent")
struct ResponseTests {
    private func head(_ response: Response) -> String {
        String(decoding: response.head, as: UTF8.self)
    }

    @Test("a response begins with its status and its headers in order")
    func whole() {
        var response = Response(status: 429, reason: "Too Many Requests", body: [1, 2, 3])
        response.addHeader("Retry-After") { $0 += Array("7".utf8) }
        response.addHeader("X-Empty") { _ in }
        response.addHeader("X-Two", "a")
        response.addHeader("X-Two", "b")
        #expect(
            head(response)
                == "Status: 429 Too Many Requests\r\nContent-Length: 3\r\nRetry-After: 7\r\nX-Empty: \r\nX-Two: a\r\nX-Two: b\r\n"
        )
        #expect(response.status == 429)
        #expect(response.body == [1, 2, 3])
        #expect(response.sendsBody)
    }

    @Test("a response may be empty")
    func least() {
        let response = Response(status: 204, reason: "No Content")
        #expect(head(response) == "Status: 204 No Content\r\nContent-Length: 0\r\n")
        #expect(response.body.isEmpty)
    }

    @Test("no byte of a value ends its line", arguments: 0...255 as ClosedRange<UInt8>)
    func controlBytes(byte: UInt8) {
        var response = Response(status: 200, reason: "OK")
        response.addHeader("X-A") { $0 += [65, byte, 66] }
        response.addHeader("X-B") { $0 += [byte, byte, 67] }
        let expected = byte < 0x20 || byte == 0x7F ? 0x20 : byte
        #expect(
            response.head == Array("Status: 200 OK\r\nContent-Length: 0\r\nX-A: A".utf8) + [expected]
                + Array("B\r\nX-B: ".utf8)
                + [expected, expected] + Array("C\r\n".utf8))
    }

    @Test("a line break in a value does not change the headers before and after it")
    func writing() {
        var response = Response(status: 200, reason: "OK")
        response.addHeader("X-A", "kept")
        response.addHeader("X-B") { $0 += Array("\r\n\r\n<script>\0".utf8) }
        response.addHeader("X-C", "kept")
        #expect(
            head(response) == "Status: 200 OK\r\nContent-Length: 0\r\nX-A: kept\r\nX-B:     <script> \r\nX-C: kept\r\n")
    }
}
