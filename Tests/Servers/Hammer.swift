import Foundation
import Synchronization

/// Clients that ask one after another without a pause until they are told to stop.
public final class Hammer: Sendable {
    /// What one request got.
    public struct Hit: Hashable {
        /// The key that it was asked with.
        public let key: String
        /// The status; `nil` where there was no answer.
        public let status: Int?
    }

    private let counts = Mutex<[Hit: Int]>([:])
    private let isStopped = Atomic(false)
    private let running = DispatchGroup()

    /// Starts as many clients, each with a connection of its own.
    ///
    /// - Parameters:
    ///   - nginx: whom they ask.
    ///   - target: what they ask for.
    ///   - body: what they post; `nil` where they only get.
    ///   - clients: how many they are.
    ///   - key: the key of a client's request, by its number.
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

    /// Requests that have had their answer, or have had none.
    public var total: Int { counts.withLock { $0.values.reduce(0, +) } }

    /// Waits until so many more requests are done.
    public func waitForMore(_ count: Int) -> Bool {
        let goal = total + count
        return waitUntil { total >= goal }
    }

    /// Stops the clients, and tells what they got.
    public func stop() -> [Hit: Int] {
        isStopped.store(true, ordering: .releasing)
        running.wait()
        return counts.withLock { $0 }
    }
}

extension [Hammer.Hit: Int] {
    /// The statuses that came, and how often; −1 stands for no answer.
    public var statuses: [Int: Int] {
        reduce(into: [:]) { $0[$1.key.status ?? -1, default: 0] += $1.value }
    }

    /// How many requests were admitted, by key.
    public var admitted: [String: Int] {
        reduce(into: [:]) { if $1.key.status == 200 { $0[$1.key.key, default: 0] += $1.value } }
    }
}
