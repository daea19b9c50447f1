/// One accepted connection: what it is doing, and until when it may go on.
final class Connection {
    /// Names a connection while it is open, and no other connection with the same descriptor before or after it.
    struct Key: Hashable, Sendable {
        let descriptor: Int32
        /// Differs between connections that have the same descriptor one after the other; never 0.
        let generation: UInt32
    }

    /// What a connection is doing.
    enum State {
        /// Nothing has arrived since it was accepted or last answered.
        case idle
        /// A part of a request has arrived: these bytes.
        case receiving([UInt8])
        /// The application has its request.
        case answering(Exchange)
        /// The peer has not yet taken all of the answer.
        case sending(AnswerWriter, Exchange)
        /// It was answered before its body had arrived: the body is skipped, and the next request read.
        case draining(BodyDrain)
        /// It was answered and shut down for writing: whatever arrives is discarded until the peer closes.
        case lingering
    }

    let key: Key
    private(set) var state = State.idle
    /// When it entered its state, by the loop's clock.
    private(set) var since: Milliseconds = 0
    /// When it is closed unless it has left its state.
    private(set) var deadline = Milliseconds.max

    init(_ key: Key) {
        self.key = key
    }

    /// Whether its peer is owed nothing, so that it can be closed to make room for another.
    var isDispensable: Bool {
        switch state {
        case .idle, .receiving: true
        case .answering, .sending, .draining, .lingering: false
        }
    }

    /// Changes the state; `deadline` is when the connection is closed unless it has left the new one.
    func enter(_ state: State, at now: Milliseconds, deadline: Milliseconds = .max) {
        self.state = state
        since = now
        self.deadline = deadline
    }

    /// Updates what belongs to the state, and leaves its beginning and its deadline.
    func update(_ state: State) {
        self.state = state
    }
}

/// A time or a duration of the steady clock, in milliseconds.
typealias Milliseconds = Int
