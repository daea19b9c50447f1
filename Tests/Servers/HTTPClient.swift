import Foundation

/// A client that keeps its connection, and makes a new one when the server closed it.
public final class HTTPClient {
    private let address: ServerAddress
    private let server: AnyObject
    private var connection: Int32 = -1
    private var unread: [UInt8] = []

    /// A client of a server on this port of 127.0.0.1, which lives as long as its clients.
    public init(_ server: AnyObject, port: Int) {
        self.server = server
        address = .tcp(port: port)
    }

    deinit {
        disconnect()
    }

    /// Sends a GET request and reads the answer.
    ///
    /// - Throws: as ``send(_:_:headers:body:)``.
    public func get(_ target: String, headers: KeyValuePairs<String, String> = [:]) throws -> HTTPAnswer {
        try send("GET", target, headers: headers)
    }

    /// Sends a request and reads the answer.
    ///
    /// - Throws: ``ServerError`` when there is no connection, or no whole answer within half a minute.
    public func send(
        _ method: String, _ target: String, headers: KeyValuePairs<String, String> = [:], body: [UInt8]? = nil
    ) throws -> HTTPAnswer {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        let bytes = Array((head + "\r\n").utf8) + (body ?? [])

        let isKept = connection >= 0
        do {
            return try exchange(bytes, hasBody: method != "HEAD")
        } catch  where isKept && unread.isEmpty {
            // A server may close a kept connection at any time.
            disconnect()
            return try exchange(bytes, hasBody: method != "HEAD")
        }
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
        guard hasBody, let length = answer["Content-Length"].flatMap({ Int($0) }) else { return answer }
        while unread.count < length { try receive() }
        answer = HTTPAnswer(status: status, headers: headers, body: Array(unread.prefix(length)))
        unread.removeFirst(length)
        return answer
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
