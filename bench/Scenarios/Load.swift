import Foundation
import Servers
import Synchronization

/// Clients that send requests at a steady rate, whether or not they are answered, and record every answer.
final class Load: Sendable {
    /// The size of the load.
    struct Amount: Sendable {
        /// Connections, each with a thread of its own.
        let clients: Int
        /// Requests per second of all connections together.
        let rate: Int
    }

    /// The samples of one client.
    private struct Seen {
        var samples: [Sample] = []
        /// When the last request that the store decided was sent, and the last one that it did not decide.
        var lastDecided: Microseconds = 0
        var lastUndecided: Microseconds = 0

        mutating func add(_ sample: Sample) {
            samples.append(sample)
            switch sample.decider {
            case .store: lastDecided = sample.sent
            case .local, .nobody: lastUndecided = sample.sent
            // Cached refusals are also used while the store is unavailable.
            case .memory: break
            }
        }
    }

    private let clients: Mutex<[Seen]>
    private let isStopped = Atomic(false)
    private let running = DispatchGroup()

    init(_ amount: Amount, on nginx: NginxServer) {
        clients = Mutex(Array(repeating: Seen(), count: amount.clients))
        let start = Sample.now()
        for index in 0..<amount.clients {
            running.enter()
            Thread.detachNewThread { [self] in
                let client = nginx.client()
                var number = index
                while !isStopped.load(ordering: .acquiring) {
                    let due = start + Int64(number) * 1_000_000 / Int64(amount.rate)
                    let early = due - Sample.now()
                    if early > 0 { usleep(UInt32(early)) }
                    let sample = Self.ask(client, Caller(request: number), due: due)
                    clients.withLock { $0[index].add(sample) }
                    number += amount.clients
                }
                running.leave()
            }
        }
    }

    private static func ask(_ client: HTTPClient, _ caller: Caller, due: Microseconds) -> Sample {
        let sent = Sample.now()
        let answer = try? client.get(caller.target, headers: ["X-API-Key": caller.key])
        return Sample(
            caller: caller, due: due, sent: sent, answered: Sample.now(), status: answer?.status,
            decider: Sample.Decider(header: answer?["X-RateLimit-Store"]))
    }

    /// The number of requests that were answered or failed.
    var total: Int { clients.withLock { $0.reduce(0) { $0 + $1.samples.count } } }

    /// Whether the store has decided at least one request of every client that was sent after `moment`, and all later ones.
    func isDecidedByStore(since moment: Microseconds) -> Bool {
        clients.withLock { clients in
            clients.allSatisfy { $0.lastDecided > max(moment, $0.lastUndecided) }
        }
    }

    /// Stops the clients and returns their samples.
    func stop() -> [Sample] {
        isStopped.store(true, ordering: .releasing)
        running.wait()
        return clients.withLock { $0.flatMap(\.samples) }
    }
}
