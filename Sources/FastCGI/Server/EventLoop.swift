import CLinux
import Glibc
import Platform

/// One thread's loop: takes the requests of every connection that has one, has all of them answered at once, and sends
/// the answers.
///
/// Batches grow by themselves under load; without load, a batch is one request that waits for no other.
final class EventLoop {
    /// Who answers requests.
    enum Answerer {
        /// An application that never waits, on the loop's own thread.
        case application(any Application)
        /// Threads that may wait. Each takes one request at a time while the loop goes on.
        case workers(WorkerPool)
    }

    /// How long a stopping loop waits after it has closed idle connections, before it closes more.
    private static let closingPause: Milliseconds = 5
    /// How long a request is put off each time.
    private static let postponement: Milliseconds = 1

    let listener: Int32
    let answerer: Answerer
    let limits: ConnectionLimits
    let openConnections: ConnectionCount
    private let wakeUp: Int32

    var poller = Poller()
    var connections = ConnectionTable()
    /// When to accept connections again, if there was no room for another.
    var acceptingResumes: Milliseconds?
    /// Bytes as they arrived, before they are known to be a request.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: RecordScan.maximumHeadSize, alignment: 16)
    let reader = RequestReader()
    var writer = AnswerWriter()
    /// The requests that this tick has taken, and the connection of each.
    var requests: [Request] = []
    var requesters: [Connection] = []
    /// The requests that the application has put off, and the connection of each.
    var postponed: [(connection: Connection, request: Request)] = []
    private let report: @Sendable (String) -> Void
    /// One for each line: the lines are few, because none quotes what a peer sent.
    private var logThrottles: [String: LogThrottle] = [:]

    /// When this tick began.
    private(set) var now = steadyMilliseconds()
    private(set) var isStopping = false
    /// Whether requests are complete only with their bodies, as far as these fit the buffer: applications that wait read them.
    var readsBodies: Bool { if case .workers = answerer { true } else { false } }
    /// Whether requests that arrive now are too late to be answered.
    private var isPastStop = false
    private var events: [Poller.Event] = []
    /// When to look for connections whose deadline has passed; `.max` if no connection has one.
    private var nextSweep = Milliseconds.max

    /// A loop that does not run yet.
    ///
    /// - Parameters:
    ///   - listener: a non-blocking listening socket, which other loops and processes may share.
    ///   - wakeUp: an eventfd that is written to when the loop is to stop.
    ///   - connections: counts the open connections of the process.
    ///   - limits: how many connections may be open, and how long each may take.
    ///   - answerer: who answers the requests.
    ///   - report: takes a log line about a peer.
    init(
        listener: Int32, wakeUp: Int32, connections: ConnectionCount, limits: ConnectionLimits, answerer: Answerer,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.listener = listener
        self.wakeUp = wakeUp
        self.limits = limits
        self.answerer = answerer
        openConnections = connections
        self.report = report
        poller.watch(listener, as: .listener)
        poller.watch(wakeUp, as: .wakeUp)
        if case .workers(let pool) = answerer { poller.watch(pool.bell, as: .answers) }
    }

    deinit {
        for connection in connections.all { close(connection.key.descriptor) }
        openConnections.add(-connections.all.count)
        buffer.deallocate()
    }

    /// Serves until the wake-up descriptor is written to, then finishes what has begun.
    func run() {
        while !isStopping { tick(until: min(nextSweep, acceptingResumes ?? .max)) }
        finish()
        if case .workers(let pool) = answerer { pool.stop() }
    }

    /// Answers what has arrived, within the time that the limits give.
    ///
    /// Each connection is closed together with its next answer: its web server reads both at once and sends nothing more on it.
    /// A connection without a request may be chosen for the next one at any time, and a request that fails on it is tried on
    /// another only once. So none is closed before it was idle for a while, and then a few at a time, the idlest first: nginx
    /// uses the one that was busy last.
    private func finish() {
        let start = now
        let end = start + limits.stopTimeout
        let lastAnswerEnd = start + limits.lastAnswerTimeout
        var nextClosing = start
        var isQuiet = false
        while true {
            var (isArriving, isAnswering, isSending) = (false, false, false)
            var unused: [Connection] = []
            for connection in connections.all {
                switch connection.state {
                case .idle:
                    isArriving = true
                    if now >= max(start, connection.since) + limits.lastIdleTimeout { unused.append(connection) }
                case .receiving, .draining, .lingering: isArriving = true
                case .answering: isAnswering = true
                case .sending: isSending = true
                }
            }
            isPastStop = now >= end
            guard isAnswering || (isSending && now < lastAnswerEnd) || (!isPastStop && (isArriving || !isQuiet))
            else { return }
            if isQuiet, now >= nextClosing, endIdle(unused) { nextClosing = now + Self.closingPause }
            isQuiet = !tick(until: isQuiet ? now + (unused.isEmpty ? 20 : Self.closingPause) : now)
        }
    }

    /// Handles what has happened, or waits for something to happen until `time`.
    ///
    /// - Returns: whether there was a request.
    @discardableResult
    private func tick(until time: Milliseconds) -> Bool {
        let time = postponed.isEmpty ? time : min(time, now + Self.postponement)
        poller.wait(time == .max ? nil : Int32(clamping: max(0, time - now)), into: &events)
        now = steadyMilliseconds()
        for event in events {
            switch event.source {
            case .connection(let key): handle(key, isLast: event.isLast)
            case .listener: acceptConnections()
            case .answers: takeAnswers()
            case .wakeUp: beginStopping()
            }
        }
        resumeAccepting()
        closeOverdue()
        takePostponed()
        guard !requests.isEmpty else { return false }
        answerBatch()
        return true
    }

    private func handle(_ key: Connection.Key, isLast: Bool) {
        // An earlier event of this tick may have closed the connection, and given its descriptor to another.
        guard let connection = connections[key] else { return }
        switch connection.state {
        case .idle, .receiving: if !isPastStop { receive(connection, isLast: isLast) }
        case .answering: break
        case .sending(let writer, let exchange): send(writer, exchange, to: connection)
        case .draining, .lingering: discardInput(of: connection)
        }
    }

    private func beginStopping() {
        isStopping = true
        poller.forget(listener)
        poller.forget(wakeUp)
    }

    /// Logs a line about peers, at most once every 10 s.
    func log(_ line: String) {
        if let due = logThrottles[line, default: LogThrottle()].due(line, now: Int64(now) * 1_000) { report(due) }
    }

    // MARK: The ends of connections

    /// Changes a connection's state, and closes the connection unless it leaves that state within `timeout`.
    func enter(_ state: Connection.State, _ connection: Connection, timeout: Milliseconds) {
        connection.enter(state, at: now, deadline: now + timeout)
        nextSweep = min(nextSweep, connection.deadline)
    }

    /// Closes a connection.
    func end(_ connection: Connection) {
        close(connection.key.descriptor)
        forget(connection)
    }

    /// Forgets a connection that is closed.
    func forget(_ connection: Connection) {
        connections.remove(connection.key)
        openConnections.add(-1)
    }

    private func closeOverdue() {
        guard now >= nextSweep else { return }
        nextSweep = .max
        for connection in connections.all {
            guard connection.deadline <= now else {
                nextSweep = min(nextSweep, connection.deadline)
                continue
            }
            if case .sending = connection.state {
                log("closed a FastCGI connection that did not take its answer in time")
            }
            end(connection)
        }
        // With deadlines close together, a sweep four times per second is enough.
        nextSweep = max(nextSweep, now + 250)
    }
}

private func steadyMilliseconds() -> Milliseconds {
    Int(steadyMicroseconds() / 1_000)
}
