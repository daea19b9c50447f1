import CLinux
import Glibc
import Platform
import Synchronization

/// Threads that answer one request each at a time, for applications that wait, for example for a database.
///
/// Requests wait for a thread in the order of their arrival. Only values cross threads: the event loop alone touches
/// connections.
final class WorkerPool: Sendable {
    private struct Queues {
        var requests: ArraySlice<(connection: Connection.Key, request: Request)> = []
        var answers: [(connection: Connection.Key, response: Response)] = []
    }

    /// An eventfd that is readable while there are answers.
    let bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))

    private let queues = Mutex(Queues())
    /// One ticket for each waiting request; at the end one for each thread, which then finds no request.
    private let tickets = eventfd(0, Int32(EFD_CLOEXEC | EFD_SEMAPHORE))
    private let threads = Mutex<[RunningThread]>([])

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - count: how many; at least 1.
    ///   - makeApplication: makes the application of the thread with this index, on that thread.
    init(_ count: Int, makeApplication: @escaping @Sendable (Int) -> any Application) {
        threads.withLock { threads in
            threads = (0..<max(1, count)).map { index in
                startJoinedThread { [self] in work(makeApplication(index)) }
            }
        }
    }

    deinit {
        close(bell)
        close(tickets)
    }

    /// Has a thread answer a request.
    func put(_ request: Request, from connection: Connection.Key) {
        queues.withLock { $0.requests.append((connection, request)) }
        eventfd_write(tickets, 1)
    }

    /// Takes the answers that are ready, each with the connection of its request, and silences the bell.
    func takeAnswers() -> [(connection: Connection.Key, response: Response)] {
        var count: eventfd_t = 0
        eventfd_read(bell, &count)
        return queues.withLock { queues in
            defer { queues.answers = [] }
            return queues.answers
        }
    }

    /// Ends the threads, and returns when each has answered the request that it had taken.
    func stop() {
        threads.withLock { threads in
            eventfd_write(tickets, eventfd_t(threads.count))
            for thread in threads { thread.join() }
            threads = []
        }
    }

    private func work(_ application: any Application) {
        while true {
            var ticket: eventfd_t = 0
            guard eventfd_read(tickets, &ticket) == 0 else { continue }
            guard let (connection, request) = queues.withLock({ $0.requests.popFirst() }) else { return }
            let responses = application.respond(to: [request])
            precondition(responses.count == 1, "an application answers each request once")
            queues.withLock { $0.answers.append((connection, responses[0])) }
            eventfd_write(bell, 1)
        }
    }
}
