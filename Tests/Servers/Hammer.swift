import Foundation
import Synchronization

/// Clients that send requests without a pause until they are stopped.
public final class Hammer: Sendable {
    /// The outcome of one request.
    public struct Hit: Hashable {
        /// The request's API key.
        public let key: String
        /// The status; `nil` without an answer.
        public let status: Int?
    }

    private let counts = Mutex<[Hit: Int]>([:])
    private let isStopped = Atomic(false)
    private let running = DispatchGroup()

    /// Starts clients, each with its own connection.
    ///
    /// - Parameters:
    ///   - nginx: the server.
    ///   - target: the request target.
    ///   - body: the body of POST requests; `nil` for GET requests.
    ///   - clients: the number of clients.
    ///   - key: returns the API key for the number of a client's request.
    public init(
        _ nginx: NginxServer, target: String, body: [UInt8]? = nil, clients: Int,
        key: @escaping @Sendable (Int) -> String
    ) {
        for _ in 0..<clients {
            running.enter()
            Thread.detachNewThread { [self] in
                let client = nginx.client()
                var number = 0
                while !isStopped.load(ordering: .acquiring) {
                    let name = key(number)
                    let method = body == nil ? "GET" : "POST"
                    let status = try? client.send(method, target, headers: ["X-API-Key": name], body: body).status
                    counts.withLock { $0[Hit(key: name, status: status), default: 0] += 1 }
                    number += 1
                }
                running.leave()
            }
        }
    }

    /// The number of requests that were answered or failed.
    public var total: Int { counts.withLock { $0.values.reduce(0, +) } }

    /// Waits until this many more requests are done.
    public func waitForMore(_ count: Int) -> Bool {
        let goal = total + count
        return waitUntil { total >= goal }
    }

    /// Stops the clients and returns the outcomes.
    public func stop() -> [Hit: Int] {
        isStopped.store(true, ordering: .releasing)
        running.wait()
        return counts.withLock { $0 }
    }
}

extension [Hammer.Hit: Int] {
    /// The number of answers by status; −1 means no answer.
    public var statuses: [Int: Int] {
        reduce(into: [:]) { $0[$1.key.status ?? -1, default: 0] += $1.value }
    }

    /// The number of admitted requests by key.
    public var admitted: [String: Int] {
        reduce(into: [:]) { if $1.key.status == 200 { $0[$1.key.key, default: 0] += $1.value } }
    }
}
