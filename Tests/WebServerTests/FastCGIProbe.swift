import Foundation
import Servers

/// A FastCGI server that records the variables of a request and closes the connection.
final class FastCGIProbe {
    let socket: String

    private let folder: TemporaryFolder
    private let descriptor: Int32

    /// Starts to listen.
    init() throws {
        folder = try TemporaryFolder()
        socket = folder.path("probe.sock")
        let address = ServerAddress.unix(path: socket)
        descriptor = address.makeSocket()
        _ = address.withAddress { bind(descriptor, $0, $1) }
        chmod(socket, 0o666)
        listen(descriptor, 8)
    }

    deinit {
        close(descriptor)
    }

    /// The variables of the next request, even if its client is gone.
    func variables() -> [String: String] {
        let connection = accept(descriptor, nil, nil)
        defer { close(connection) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = recv(connection, &buffer, buffer.count, 0), count > 0 { bytes += buffer[..<count] }
        return Self.decode(bytes)
    }

    /// The name-value pairs in the records of type 4, FCGI_PARAMS.
    private static func decode(_ bytes: [UInt8]) -> [String: String] {
        var content: [UInt8] = []
        var index = 0
        while index + 8 <= bytes.count {
            let length = Int(bytes[index + 4]) << 8 | Int(bytes[index + 5])
            if bytes[index + 1] == 4 { content += bytes[index + 8..<index + 8 + length] }
            index += 8 + length + Int(bytes[index + 6])
        }
        var variables: [String: String] = [:]
        index = 0
        func length() -> Int {
            defer { index += content[index] < 0x80 ? 1 : 4 }
            guard content[index] >= 0x80 else { return Int(content[index]) }
            return content[index..<index + 4].reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
        }
        func text(_ count: Int) -> String {
            defer { index += count }
            return String(decoding: content[index..<index + count], as: UTF8.self)
        }
        while index < content.count {
            let (name, value) = (length(), length())
            variables[text(name)] = text(value)
        }
        return variables
    }
}
