import Limiters
import Platform

/// Sends calls to the nodes of a cluster, all commands before any reply is read, until each call has its reply.
struct ClusterPipeline: ~Copyable {
    /// How often a command is sent before it counts as failed.
    ///
    /// A slot that has moved twice in the meantime takes three attempts.
    private static let maximumRedirects = 5

    /// The calls of one node, and the connection on which they are sent.
    private struct Queue {
        let node: ClusterNode
        let connection: RedisConnection
        var calls: [ClusterCall]
    }

    private let location: ClusterLocation
    private let deadlines: RedisDeadlines
    private let router: ClusterRouter
    private var command = RedisCommand(wordCount: 0)

    /// One line about a node that is not set up well; `nil` if there is nothing to say.
    private(set) var warning: String?

    init(_ location: ClusterLocation, deadlines: RedisDeadlines, _ router: ClusterRouter) {
        self.location = location
        self.deadlines = deadlines
        self.router = router
    }

    /// Makes the calls; afterwards each has its reply.
    ///
    /// - Parameters:
    ///   - calls: the calls.
    ///   - clock: the time of the calls; `nil` for each node's own.
    mutating func run(_ calls: [ClusterCall], clock: Microseconds?) {
        var due = ReplyDue(within: deadlines.command)
        var pending = calls
        for _ in 0..<Self.maximumRedirects where !pending.isEmpty {
            let queues = write(pending, clock: clock)
            for queue in queues {
                do throws(StoreError) { try queue.connection.flush() } catch { lose(queue, error) }
            }
            for queue in queues { read(queue, &due) }
            pending = queues.flatMap(\.calls).filter { $0.reply == nil }
        }
        for call in pending {
            call.reply = .failed(StoreError(.refused, "\(location): slot \(call.slot) is redirected from node to node"))
        }
    }

    /// Queues each command for its node.
    private mutating func write(_ calls: [ClusterCall], clock: Microseconds?) -> [Queue] {
        var queues: [Queue] = []
        for call in calls {
            guard let node = call.detour ?? router.owner(of: call.slot) else {
                call.reply = .failed(StoreError(.refused, "\(location): no node has slot \(call.slot)"))
                continue
            }
            do throws(StoreError) {
                let scripted = try node.connection()
                if warning == nil { warning = scripted.warning }
                let index = queues.firstIndex { $0.node === node } ?? queues.count
                if index == queues.count {
                    queues.append(Queue(node: node, connection: scripted.connection, calls: []))
                }
                if call.detour != nil { scripted.connection.queue(RedisCommand(["ASKING"])) }
                call.write(to: &command, scripted, clock: clock)
                scripted.connection.queue(command)
                queues[index].calls.append(call)
            } catch {
                call.reply = .failed(error)
            }
        }
        return queues
    }

    private func read(_ queue: Queue, _ due: inout ReplyDue) {
        let open = queue.calls.filter { $0.reply == nil }
        do throws(StoreError) {
            for (index, call) in open.enumerated() {
                guard try read(call, queue, deadline: due.next) else {
                    abandon(open[index...], queue, due)
                    break
                }
                due.noteReply()
            }
        } catch {
            lose(queue, error)
        }
        guard !queue.connection.isUsable, queue.node.failure == nil else { return }
        // One of the replies said that this is the wrong node.
        for call in queue.calls {
            if case .failed(let error) = call.reply { queue.node.fail(error) }
        }
    }

    /// Gives up waiting for replies.
    ///
    /// Their commands may still run.
    private func abandon(_ calls: ArraySlice<ClusterCall>, _ queue: Queue, _ due: ReplyDue) {
        let error = deadlines.late("\(queue.node.location)", due: due.next)
        for call in calls { call.reply = .failed(error) }
        queue.connection.abandon(calls.reduce(0) { $0 + ($1.detour == nil ? 1 : 2) }, sent: due.sent)
    }

    /// Notes that the connection broke.
    ///
    /// Commands without a reply may have run, so they are not sent again.
    private func lose(_ queue: Queue, _ error: StoreError) {
        queue.node.fail(error)
        router.markStale()
        for call in queue.calls where call.reply == nil { call.reply = .failed(error) }
    }

    /// Reads the reply to one call.
    ///
    /// A call that must be sent again still has no reply afterwards.
    ///
    /// - Returns: whether the reply came before the deadline.
    private func read(
        _ call: ClusterCall, _ queue: Queue, deadline: Microseconds
    ) throws(StoreError) -> Bool {
        let connection = queue.connection
        if call.detour != nil {
            guard let asking = try connection.next(until: deadline) else { return false }
            if let refusal = asking.errorText {
                guard try connection.next(until: deadline) != nil else { return false }
                call.reply = .failed(connection.failure(by: refusal))
                return true
            }
        }
        guard let reply = try connection.next(until: deadline) else { return false }
        guard let text = reply.errorText else {
            if case .sharedText = call.question {
                call.reply = .value(reply.value)
            } else {
                call.reply = .numbers(reply.numbers)
            }
            return true
        }
        let action = ReplyAction.to(text)
        let endpoint = ClusterMap.endpoint(inRedirection: text, from: queue.node)
        switch (action.command, endpoint) {
        case (.sentWhole, _):
            call.isSentWhole = true
        case (.redirected, let endpoint?):
            router.redirect(call.slot, to: endpoint)
            call.detour = nil
        case (.asked, _) where !call.hasOneKey, (.sentByKey, _) where !call.hasOneKey:
            router.markMoving(call.slot)
            call.reply = .slotMoving
        case (.asked, let endpoint?):
            router.markMoving(call.slot)
            call.detour = router.node(at: endpoint)
        case (.sentByKey, _):
            call.detour = nil
        case (.fails, _), (.redirected, nil), (.asked, nil):
            call.reply = .failed(connection.failure(by: text))
            router.markStale()
        }
        return true
    }
}
