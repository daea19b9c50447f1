import CLinux
import Glibc
import Platform

/// One thread's loop: takes every connection that has a request ready, has all of them answered at once, sends the answers.
///
/// Under load the batches grow by themselves; without load a batch is one request and waits for nobody.
final class EventLoop {
    /// Who answers.
    enum Answerer {
        /// An application that does not wait, on the loop's own thread.
        case application(any Application)
        /// Threads that may wait: requests go to them one by one, and the loop goes on.
        case workers(WorkerPool)
    }

    private typealias Seconds = Int
    private typealias Milliseconds = Int

    /// How long half a request may stand before its connection is closed.
    private static let requestTimeout: Seconds = 10
    /// How long a peer may go on sending a body that nobody reads.
    private static let lingerTimeout: Seconds = 30
    /// How long to leave new connections alone when there are no descriptors for them.
    private static let shortage: Milliseconds = 100
    /// How often that is worth a line.
    private static let logInterval: Milliseconds = 10_000

    private let listener: Int32
    private let wakeUp: Int32
    private let answerer: Answerer
    private let report: @Sendable (String) -> Void
    private let openConnections: ConnectionCount

    private var poller = Poller()
    private var peekBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: RecordScan.longestHead, alignment: 16)
    private let reader = RequestReader()
    private var writer = AnswerWriter()
    /// Requests that have been taken and not yet answered, and where each answer goes.
    private var requests: [Request] = []
    private var exchanges: [Exchange] = []
    /// What workers have, by its connection, which is left alone until they have answered.
    private var underway: [Int32: Exchange] = [:]
    private var connections: Set<Int32> = []
    /// Connections that were answered while their bodies were on their way.
    private var drains: [Int32: BodyDrain] = [:]
    /// Connections whose request is not whole, or whose peer is still sending to nobody: when each is closed.
    private var deadlines: [Int32: Seconds] = [:]
    private var isStopping = false
    /// While there are no descriptors for new connections: when to look for one again.
    private var shortUntil: Milliseconds?
    private var nextLogTime: Milliseconds = 0

    /// A loop that does not run yet.
    ///
    /// - Parameters:
    ///   - listener: a listening socket, not blocking, shared with other loops and processes.
    ///   - wakeUp: an eventfd that is written to when the loop is to stop.
    ///   - connections: where open connections are counted.
    ///   - answerer: who answers the requests.
    ///   - report: takes one line on what went wrong with a peer.
    init(
        listener: Int32, wakeUp: Int32, connections: ConnectionCount, answerer: Answerer,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.listener = listener
        self.wakeUp = wakeUp
        openConnections = connections
        self.answerer = answerer
        self.report = report
        poller.watch(listener, for: .listener)
        poller.watch(wakeUp, for: .wakeUp)
        if case .workers(let pool) = answerer { poller.watch(pool.bell, for: .answers) }
    }

    deinit {
        for connection in connections { close(connection) }
        peekBuffer.deallocate()
    }

    /// Serves until the wake-up descriptor is written to, then finishes what has begun.
    func run() {
        while !isStopping {
            tick(milliseconds: shortUntil != nil ? Int32(Self.shortage) : deadlines.isEmpty ? nil : 1_000)
        }
        // What peers have sent so far is answered; a request that is half here may become whole within a second.
        let end = steadyMilliseconds() + 1_000
        var isQuiet = false
        while !isQuiet || !underway.isEmpty || (!deadlines.isEmpty && steadyMilliseconds() < end) {
            isQuiet = !tick(milliseconds: isQuiet ? 50 : 0)
        }
        if case .workers(let pool) = answerer { pool.stop() }
    }

    /// One turn.
    ///
    /// - Returns: whether there was a request.
    @discardableResult
    private func tick(milliseconds: Int32?) -> Bool {
        var ready: [Poller.Event] = []
        poller.wait(milliseconds: milliseconds) { ready.append($0) }
        if let shortUntil, !isStopping, steadyMilliseconds() >= shortUntil {
            self.shortUntil = nil
            poller.watch(listener, for: .listener)
        }
        for event in ready {
            switch event.purpose {
            case .connection where !underway.isEmpty && underway[event.descriptor] != nil: break
            case .connection: receive(event.descriptor, isLast: event.isLast)
            case .listener: acceptConnections()
            case .leaving: discardInput(event.descriptor)
            case .wakeUp: stop()
            case .answers: sendAnswers()
            }
        }
        closeOverdue()
        guard !requests.isEmpty else { return false }
        answerBatch()
        return true
    }

    private func stop() {
        isStopping = true
        poller.forget(listener)
        poller.forget(wakeUp)
    }

    private func acceptConnections() {
        for _ in 0..<64 {
            let flags = Int32(SOCK_CLOEXEC.rawValue)
            let connection = accept4(listener, nil, nil, flags)
            guard connection >= 0 else {
                if errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS {
                    runShort()
                }
                return
            }
            configure(connection)
            connections.insert(connection)
            openConnections.add(1)
            poller.watch(connection, for: .connection)
        }
    }

    private func runShort() {
        let now = steadyMilliseconds()
        shortUntil = now + Self.shortage
        poller.forget(listener)
        guard now >= nextLogTime else { return }
        nextLogTime = now + Self.logInterval
        report("no descriptor for a new connection: raise the limit of open files (ulimit -n)")
    }

    /// The socket blocks, as libfcgi expects; its time limits bound what a peer can hold up after all.
    private func configure(_ connection: Int32) {
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        // Fails on a unix socket, which needs it not.
        var yes: Int32 = 1
        setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    private func receive(_ connection: Int32, isLast: Bool) {
        let count = recv(
            connection, peekBuffer.baseAddress, peekBuffer.count, Int32(MSG_PEEK | MSG_DONTWAIT))
        guard count > 0 else {
            if count == 0 || (errno != EAGAIN && errno != EINTR) { end(connection) }
            return
        }
        switch RecordScan(UnsafeRawBufferPointer(rebasing: peekBuffer[..<count])) {
        case .incomplete where isLast:
            end(connection)
        case .incomplete:
            if deadlines[connection] == nil { deadlines[connection] = steadySeconds() + Self.requestTimeout }
        case .malformed(let fault):
            report("closed a connection that sent \(fault.rawValue)")
            end(connection)
        case .request(let role, let body):
            if !deadlines.isEmpty { deadlines[connection] = nil }
            accept(connection, role, body, isLast: isLast)
        }
    }

    private func accept(_ connection: Int32, _ role: Request.Role, _ body: RecordScan.Body, isLast: Bool) {
        let taken: RequestReader.Received?
        if case .unfinished(let count) = body {
            let head = UnsafeRawBufferPointer(rebasing: peekBuffer[..<count])
            // Those bytes are there, and in the buffer already.
            recv(connection, peekBuffer.baseAddress, count, 0)
            taken = reader.take(role, head: head)
            if taken == nil { close(connection) }
        } else {
            taken = reader.take(from: connection, role, body)
        }
        guard let taken else { return forget(connection) }
        requests.append(taken.request)
        exchanges.append(
            Exchange(
                connection: connection, identifier: taken.identifier, keepsConnection: taken.keepsConnection,
                body: body,
                isLast: isLast))
    }

    private func answerBatch() {
        switch answerer {
        case .application(let application):
            let responses = application.respond(to: requests)
            precondition(responses.count == requests.count, "an application answers each request once")
            for (exchange, response) in zip(exchanges, responses) { send(response, to: exchange) }
        case .workers(let pool):
            for (exchange, request) in zip(exchanges, requests) {
                underway[exchange.connection] = exchange
                pool.put(request, from: exchange.connection)
            }
        }
        requests.removeAll(keepingCapacity: true)
        exchanges.removeAll(keepingCapacity: true)
    }

    private func sendAnswers() {
        guard case .workers(let pool) = answerer else { return }
        for (connection, response) in pool.takeAnswers() {
            guard let exchange = underway.removeValue(forKey: connection) else { continue }
            send(response, to: exchange)
            // What has come meanwhile was left alone: it is handed over again.
            if connections.contains(connection), deadlines[connection] == nil {
                poller.rewatch(connection, for: .connection)
            }
        }
    }

    private func send(_ response: Response, to exchange: Exchange) {
        let connection = exchange.connection
        guard writer.send(response, to: exchange) else { return end(connection) }
        switch (exchange.keepsConnection, exchange.body) {
        case (true, .ended), (true, .absent): if exchange.isLast { end(connection) }
        case (false, .ended), (false, .absent): end(connection)
        case (true, .unfinished): drain(connection)
        case (false, .unfinished), (_, .followed): leave(connection)
        }
    }

    /// Keeps the connection, but for the rest of the body.
    ///
    /// Closed instead, it would fail the next request of a web server that has not noticed yet.
    private func drain(_ connection: Int32) {
        drains[connection] = BodyDrain()
        deadlines[connection] = steadySeconds() + Self.lingerTimeout
        poller.rewatch(connection, for: .leaving)
    }

    /// Says that nothing more comes, and reads on for a while: closed at once, the peer might lose the answer.
    private func leave(_ connection: Int32) {
        shutdown(connection, Int32(SHUT_WR))
        deadlines[connection] = steadySeconds() + Self.lingerTimeout
        poller.rewatch(connection, for: .leaving)
    }

    private func discardInput(_ connection: Int32) {
        for _ in 0..<16 {
            // Looked at first: behind a body the peer's next request may stand.
            let count = recv(
                connection, peekBuffer.baseAddress, peekBuffer.count, Int32(MSG_PEEK | MSG_DONTWAIT))
            guard count > 0 else {
                if count == 0 || errno != EAGAIN { end(connection) }
                return
            }
            switch drains[connection]?.skip(UnsafeRawBufferPointer(rebasing: peekBuffer[..<count])) {
            case nil, .unfinished:
                recv(connection, peekBuffer.baseAddress, count, Int32(MSG_DONTWAIT))
            case .ended(let count):
                recv(connection, peekBuffer.baseAddress, count, Int32(MSG_DONTWAIT))
                drains[connection] = nil
                deadlines[connection] = nil
                poller.rewatch(connection, for: .connection)
                return
            case .malformed:
                report("closed a connection that sent \(RecordScan.Fault.sequence.rawValue)")
                end(connection)
                return
            }
        }
        // Others are waiting: the rest at the next turn.
        poller.rewatch(connection, for: .leaving)
    }

    private func closeOverdue() {
        guard !deadlines.isEmpty else { return }
        let now = steadySeconds()
        for (connection, deadline) in deadlines where deadline <= now { end(connection) }
    }

    private func end(_ connection: Int32) {
        close(connection)
        forget(connection)
    }

    private func forget(_ connection: Int32) {
        connections.remove(connection)
        deadlines[connection] = nil
        drains[connection] = nil
        openConnections.add(-1)
    }

    private func steadySeconds() -> Seconds {
        steadyMilliseconds() / 1_000
    }

    private func steadyMilliseconds() -> Milliseconds {
        Int(steadyMicroseconds() / 1_000)
    }
}
