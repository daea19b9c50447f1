import Foundation
import Servers
import Testing

/// Receives reports in place of a limiter.
final class ReportSpy {
    let port: Int
    private let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    private var received: [String] = []

    /// A spy on a free port.
    ///
    /// - Throws: an error when there is none.
    init() throws {
        port = try FreePort().number
        let code = ServerAddress.tcp(port: port).withAddress { bind(descriptor, $0, $1) }
        try #require(code == 0, "bind: \(String(cString: strerror(errno)))")
    }

    deinit {
        close(descriptor)
    }

    /// The messages so far, at least so many, each up to the status.
    ///
    /// - Throws: an error when they do not come.
    func receive(_ count: Int) throws -> [String] {
        try receiveWhole(count).map { message in
            let words = message.split(separator: " ")
            let receipt = words.firstIndex { $0.hasPrefix("fl1:") } ?? 0
            return words.prefix(receipt + 2).joined(separator: " ")
        }
    }

    /// The messages so far, at least so many.
    ///
    /// - Throws: an error when they do not come.
    func receiveWhole(_ count: Int) throws -> [String] {
        let isComplete = waitUntil {
            readAll()
            return received.count >= count
        }
        try #require(isComplete, "only \(received.count) reports came")
        return received
    }

    /// Whether nothing has come.
    var isSilent: Bool {
        readAll()
        return received.isEmpty
    }

    private func readAll() {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count >= 0 else { return }
            received.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }
}
