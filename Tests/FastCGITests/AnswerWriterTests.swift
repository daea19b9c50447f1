import Glibc
import Testing

@testable import FastCGI

@Suite("Answers as records")
struct AnswerWriterTests {
    private static let headSize = 20 + 19 + 2

    @Test(
        "the bytes of an answer, whatever its size",
        arguments: [0, 1, 65_535 - headSize - 1, 65_535 - headSize, 65_535 - headSize + 1, 65_535, 131_070, 200_000])
    func records(size: Int) throws {
        let body = EchoServer.filling(size)
        let response = Response(status: 200, reason: "OK", body: body)
        var writer = AnswerWriter()
        // What is left of an earlier answer makes no difference.
        writer.begin(Response(status: 500, reason: "Error", body: [1, 2, 3]), request: 9)
        writer.begin(response, request: 0x1234)

        let output = response.head + Array("\r\n".utf8) + body
        var expected: [UInt8] = []
        for start in stride(from: 0, to: output.count, by: 65_535) {
            let content = output[start..<min(start + 65_535, output.count)]
            expected += [1, 6, 0x12, 0x34, UInt8(content.count >> 8), UInt8(content.count & 255), 0, 0] + content
        }
        expected += [1, 6, 0x12, 0x34, 0, 0, 0, 0]
        expected += [1, 3, 0x12, 0x34, 0, 8, 0, 0] + [UInt8](repeating: 0, count: 8)
        #expect(try sent(&writer) == expected)
    }

    @Test("a socket that is full, and one whose peer has gone, end sending at once")
    func blocked() throws {
        let (ours, theirs) = try pair()
        defer { close(ours) }
        var writer = AnswerWriter()
        writer.begin(Response(status: 200, reason: "OK", body: EchoServer.filling(2_000_000)), request: 1)
        let count = writer.unsentCount
        #expect(writer.send(to: ours) == .blocked)
        #expect(writer.unsentCount < count && writer.unsentCount > 0)
        #expect(writer.send(to: ours) == .blocked)
        close(theirs)
        #expect(writer.send(to: ours) == .failed)
    }

    /// What a peer reads of an answer.
    private func sent(_ writer: inout AnswerWriter) throws -> [UInt8] {
        let (ours, theirs) = try pair()
        defer {
            close(ours)
            close(theirs)
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let progress = writer.send(to: ours)
            try #require(progress != .failed)
            while case let count = recv(theirs, &buffer, buffer.count, Int32(MSG_DONTWAIT)), count > 0 {
                bytes += buffer[..<count]
            }
            if progress == .finished { return bytes }
        }
    }

    private func pair() throws -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        return (ends[0], ends[1])
    }
}
