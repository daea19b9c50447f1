import Limiters

/// One node of a cluster, as one owner uses it.
final class ClusterNode {
    let location: RedisLocation
    private let deadlines: RedisDeadlines
    private let reconnector = Reconnector()
    private let connected = HandOver<ScriptedConnection>()
    private var kept: ScriptedConnection?
    /// Why the node is known to be unavailable; `nil` otherwise.
    private(set) var failure: StoreError?

    init(_ location: RedisLocation, deadlines: RedisDeadlines) {
        self.location = location
        self.deadlines = deadlines
    }

    deinit {
        reconnector.stop()
    }

    /// Whether commands can be sent without connecting first.
    var isConnected: Bool { kept != nil }

    /// A connection that owes no replies.
    ///
    /// The first call connects. After a failure a thread connects, and no caller waits for it.
    ///
    /// - Throws: ``StoreError`` while the node is unavailable, or is late with replies.
    func connection() throws(StoreError) -> ScriptedConnection {
        let scripted = try anyConnection()
        do throws(StoreError) {
            guard try scripted.connection.dropLateReplies() else {
                throw deadlines.late("\(location)", due: nil)
            }
        } catch {
            if error.kind != .late { fail(error) }
            throw error
        }
        return scripted
    }

    private func anyConnection() throws(StoreError) -> ScriptedConnection {
        if let kept { return kept }
        if let made = connected.take() {
            kept = made
            failure = nil
            return made
        }
        if let failure { throw failure }
        do throws(StoreError) {
            let made = try ScriptedConnection(RedisConnection(location, deadlines: deadlines))
            kept = made
            return made
        } catch {
            fail(error)
            throw error
        }
    }

    /// Drops the connection, and counts the node as unavailable until a thread has connected again.
    func fail(_ error: StoreError) {
        kept = nil
        failure = error
        reconnector.start { [location, deadlines, connected] () throws(StoreError) in
            guard connected.count == 0 else { return .rest }
            connected.put(try ScriptedConnection(RedisConnection(location, deadlines: deadlines)))
            return .rest
        }
        reconnector.wake()
    }
}
