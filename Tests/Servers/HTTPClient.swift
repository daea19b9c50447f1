import Foundation

/// A client that keeps its connection and reconnects when the server closed it.
public final class HTTPClient {
    private let address: ServerAddress
    private let server: AnyObject
    /// The value of the header `Host`.
    public let host: String
    private var connection: Int32 = -1
    private var unread: [UInt8] = []

    /// A client of a server on this port of 127.0.0.1.
    ///
    /// The server lives as long as its clients.
    public init(_ server: AnyObject, port: Int, host: String = "localhost") {
        self.server = server
        self.host = host
        address = .tcp(port: port)
    }

    deinit {
        disconnect()
    }

    /// Sends a GET request and reads the answer.
    ///
    ///
    /// - Throws: as ``send(_:_:headers:body:)``.
    public func get(_ target: String, headers: KeyValuePairs<String, String> = [:]) throws -> HTTPAnswer {
        try send("GET", target, headers: headers)
    }

    /// Sends a request and reads the answer.
    ///
    /// - Throws: ``ServerError`` when the connection fails, or no complete answer arrives within 30 seconds.
    public func send(
        _ method: String, _ target: String, headers: KeyValuePairs<String, String> = [:], body: [UInt8]? = nil
    ) throws -> HTTPAnswer {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        let bytes = Array((head + "\r\n").utf8) + (body ?? [])

        let isKept = connection >= 0
        do {
            return try exchange(bytes, hasBody: method != "HEAD")
        } catch  where isKept && unread.isEmpty {
            // The server may close a kept connection at any time.
            disconnect()
            return try exchange(bytes, hasBody: method != "HEAD")
        }
    }

    /// Sends arbitrary bytes on a new connection and reads the answer.
    ///
    /// - Throws: as ``send(_:_:headers:body:)``.
    public func send(bytes: [UInt8]) throws -> HTTPAnswer {
        disconnect()
        defer { disconnect() }
        return try exchange(bytes, hasBody: !bytes.starts(with: "HEAD ".utf8))
    }

    /// Sends a text over an upgraded connection and reads an answer of the same length.
    ///
    /// - Throws: ``ServerError`` when the answer does not arrive within 30 seconds.
    public func talk(_ text: String) throws -> String {
        try write(Array(text.utf8))
        while unread.count < text.utf8.count { try receive() }
        defer { unread.removeFirst(text.utf8.count) }
        return String(decoding: unread.prefix(text.utf8.count), as: UTF8.self)
    }

    private func exchange(_ bytes: [UInt8], hasBody: Bool) throws -> HTTPAnswer {
        do {
            if connection < 0 { try connect() }
            try write(bytes)
            let answer = try read(hasBody: hasBody)
            if answer["Connection"] == "close" { disconnect() }
            return answer
        } catch {
            disconnect()
            throw error
        }
    }

    private func connect() throws {
        connection = address.makeSocket()
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard address.withAddress({ Foundation.connect(connection, $0, $1) }) == 0 else { throw failure("connect") }
    }

    private func disconnect() {
        if connection >= 0 { close(connection) }
        connection = -1
        unread = []
    }

    private func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw failure("send") }
            rest = rest.dropFirst(count)
        }
    }

    private func read(hasBody: Bool) throws -> HTTPAnswer {
        let lineEnd = Array("\r\n".utf8)
        let headEnd = Array("\r\n\r\n".utf8)
        var end = unread.firstRange(of: headEnd)
        while end == nil {
            try receive()
            end = unread.firstRange(of: headEnd)
        }
        guard let end else { throw ServerError("no end of the head") }
        let lines = unread[..<end.lowerBound].split(separator: lineEnd).map { String(decoding: $0, as: UTF8.self) }
        unread.removeFirst(end.upperBound)

        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw ServerError("no status line: \(lines.first ?? "")")
        }
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: String(parts[0]), value: parts.dropFirst().first?.trimmingCharacters(in: .whitespaces) ?? "")
        }
        var answer = HTTPAnswer(status: status, headers: headers, body: [])
        if hasBody, answer["Transfer-Encoding"] == "chunked" {
            return HTTPAnswer(status: status, headers: headers, body: try readChunks())
        }
        guard hasBody, let length = answer["Content-Length"].flatMap({ Int($0) }) else { return answer }
        while unread.count < length { try receive() }
        answer = HTTPAnswer(status: status, headers: headers, body: Array(unread.prefix(length)))
        unread.removeFirst(length)
        return answer
    }

    private func readChunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            while unread.firstRange(of: Array("\r\n".utf8)) == nil { try receive() }
            guard let end = unread.firstRange(of: Array("\r\n".utf8)),
                let size = Int(String(decoding: unread[..<end.lowerBound], as: UTF8.self), radix: 16)
            else { throw ServerError("a chunk without its size") }
            while unread.count < end.upperBound + size + 2 { try receive() }
            body += unread[end.upperBound..<end.upperBound + size]
            unread.removeFirst(end.upperBound + size + 2)
            if size == 0 { return body }
        }
    }

    private func receive() throws {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = recv(connection, &buffer, buffer.count, 0)
        guard count > 0 else { throw failure("recv") }
        unread += buffer[..<count]
    }

    private func failure(_ call: String) -> ServerError {
        ServerError("\(call) to \(address): \(String(cString: strerror(errno)))")
    }
}
