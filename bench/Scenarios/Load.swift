import Foundation
import Servers
import Synchronization

/// Clients that ask at a steady rate, whatever becomes of their requests, and remember every answer.
final class Load: Sendable {
    /// How much of it there is.
    struct Amount: Sendable {
        /// Connections, each with a thread of its own.
        let clients: Int
        /// Requests a second of all together.
        let rate: Int
    }

    /// Those of each client in the order that they were sent in.
    private let samples: Mutex<[[Sample]]>
    private let isStopped = Atomic(false)
    private let running = DispatchGroup()

    init(_ amount: Amount, on nginx: NginxServer) {
        samples = Mutex(Array(repeating: [], count: amount.clients))
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
                    samples.withLock { $0[index].append(sample) }
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

    /// Requests that have been answered, or have failed.
    var total: Int { samples.withLock { $0.reduce(0) { $0 + $1.count } } }

    /// Whether every client had an answer that the store decided, to a request of after `moment`.
    func isDecidedByStore(since moment: Microseconds) -> Bool {
        samples.withLock { samples in
            samples.allSatisfy { $0.last.map { $0.sent > moment && $0.decider == .store } ?? false }
        }
    }

    /// Stops the clients, and tells what they got.
    func stop() -> [Sample] {
        isStopped.store(true, ordering: .releasing)
        running.wait()
        return samples.withLock { $0.flatMap { $0 } }
    }
}
