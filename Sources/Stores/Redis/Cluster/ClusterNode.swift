import Limiters

/// One node of a cluster, as one owner talks to it.
final class ClusterNode {
    let location: RedisLocation
    private let deadlines: RedisDeadlines
    private let reconnector: Reconnector
    private var kept: ScriptedConnection?
    /// Why it is away; `nil` where it is not, as far as is known.
    private(set) var failure: StoreError?

    init(_ location: RedisLocation, deadlines: RedisDeadlines) {
        self.location = location
        self.deadlines = deadlines
        reconnector = Reconnector(location, deadlines: deadlines)
    }

    /// Whether it can be asked without connecting first.
    var isConnected: Bool { kept != nil }

    /// The connection, made the first time; once that or a command has failed, it is made by a thread beside, and until
    /// then nobody waits.
    ///
    /// - Throws: ``StoreError`` while it is away.
    func connection() throws(StoreError) -> ScriptedConnection {
        if let kept { return kept }
        if let made = reconnector.take() {
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

    /// Lets go of the connection, after which the node counts as away.
    func fail(_ error: StoreError) {
        kept = nil
        failure = error
        reconnector.start()
    }
}
