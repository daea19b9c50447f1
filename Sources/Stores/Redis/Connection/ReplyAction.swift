/// How an error reply of Redis is handled: one row for each reply that needs its own decision.
///
/// A command without an answer is never sent again, because it may have run. A command whose answer is an error did not run,
/// or not to its end. Where that is certain, the row says how to send it again.
struct ReplyAction: Sendable {
    /// What becomes of the connection.
    enum Connection {
        /// The connection is used again.
        case kept
        /// The connection is closed. Connecting again looks up the server again, because this one is not the right one.
        case dropped
    }

    /// What becomes of the command.
    enum Command {
        /// The command fails, and its caller gets the error.
        case fails
        /// The server does not have the script: the command is sent again with the script itself.
        case sentWhole
        /// The slot has another owner: this command and all later ones go to the node that the reply names. Clusters only.
        case redirected
        /// The key is moving and has left this node: the command goes to the node that the reply names, this time only.
        /// Clusters only.
        case asked
        /// Some of the keys are moving: the command is sent again key by key. Clusters only.
        case sentByKey
    }

    /// The beginning of the reply.
    let beginning: String
    /// The kind of failure, if the command fails.
    let kind: StoreError.Kind
    let connection: Connection
    let command: Command
    /// What an operator can do; empty if the server's own words say so.
    let remedy: String

    private init(
        _ beginning: String, _ kind: StoreError.Kind, _ connection: Connection = .kept, _ command: Command = .fails,
        _ remedy: String = ""
    ) {
        self.beginning = beginning
        self.kind = kind
        self.connection = connection
        self.command = command
        self.remedy = remedy
    }

    /// The row for the reply with this text.
    static func to(_ text: String) -> ReplyAction {
        table.first { text.hasPrefix($0.beginning) } ?? unknown
    }

    /// Any other reply: the command fails, and the connection is not trusted any more.
    private static let unknown = ReplyAction("", .refused, .dropped)

    private static let grant = "grant this user the permissions in docs/stores.md: ACL SETUSER"
    private static let otherServer = "name a Redis server, version 6 or later"

    /// All rows; the first that matches counts.
    static let table: [ReplyAction] = [
        // The script is missing.
        ReplyAction("NOSCRIPT", .refused, .kept, .sentWhole),

        // The wrong server: another one is the master now, and connecting again finds it.
        ReplyAction(
            "READONLY", .refused, .dropped, .fails,
            "the server is a replica now: name the master, or Sentinels with redis+sentinel://"),
        ReplyAction(
            "MASTERDOWN", .refused, .dropped, .fails,
            "the server is a replica without its master: name the master, or Sentinels with redis+sentinel://"),

        // A server that cannot decide now.
        ReplyAction("LOADING", .refused, .kept, .fails, "the server answers once its data is loaded"),
        ReplyAction(
            "BUSY", .refused, .kept, .fails,
            "a script of another client blocks the server: SCRIPT KILL ends that script"),
        ReplyAction("OOM", .full, .kept, .fails, "raise maxmemory"),
        ReplyAction(
            "MISCONF", .refused, .kept, .fails, "the server accepts no writes because it cannot save to its disk"),
        ReplyAction(
            "NOREPLICAS", .refused, .kept, .fails,
            "the server has fewer replicas than min-replicas-to-write requires"),
        ReplyAction("ERR max number of clients", .refused, .dropped, .fails, "raise maxclients"),

        // A cluster.
        ReplyAction(
            "MOVED", .misconfigured, .kept, .redirected, "the server is a node of a cluster: write redis+cluster://"),
        ReplyAction("ASK", .refused, .kept, .asked),
        ReplyAction("TRYAGAIN", .refused, .kept, .sentByKey),
        ReplyAction("CLUSTERDOWN", .refused, .kept, .fails, "not all of the cluster's slots are served"),
        ReplyAction(
            "CROSSSLOT", .misconfigured, .kept, .fails, "the server is a node of a cluster: write redis+cluster://"),
        ReplyAction("ERR This instance has cluster", .misconfigured, .dropped, .fails, "write redis://"),

        // Mistakes in the configuration.
        ReplyAction("NOAUTH", .misconfigured, .dropped, .fails, "write a user and a password before the host"),
        ReplyAction("WRONGPASS", .misconfigured, .dropped),
        ReplyAction("ERR AUTH", .misconfigured, .dropped, .fails, "leave the password out"),
        ReplyAction("NOPERM", .misconfigured, .dropped, .fails, grant),
        // In a script, up to version 7.0 and later.
        ReplyAction("ERR The user executing the script can't run", .misconfigured, .dropped, .fails, grant),
        ReplyAction("ERR ACL failure in script", .misconfigured, .dropped, .fails, grant),
        ReplyAction("ERR DB index", .misconfigured, .dropped, .fails, "write a number below the server's databases"),
        ReplyAction("ERR SELECT is not allowed", .misconfigured, .dropped, .fails, "write redis+cluster://"),
        ReplyAction("ERR unknown command", .misconfigured, .dropped, .fails, otherServer),
        ReplyAction("DENIED", .misconfigured, .dropped, .fails, "give the server a password"),
        ReplyAction(
            "WRONGTYPE", .damaged, .kept, .fails,
            "another program uses the limiter's keys: give the limiter a database of its own"),
    ]

    /// The error for the reply with this text from the server at `location`; `other` is for replies without a remedy.
    func error(_ text: String, from location: some CustomStringConvertible, remedy other: String = "") -> StoreError {
        let remedy = remedy.isEmpty ? other : remedy
        // In a script's errors, the script's digest and a line number follow this.
        let words = text.ranges(of: " script: ").last.map { String(text[..<$0.lowerBound]) } ?? text
        let sentence = words.hasSuffix(".") && !remedy.isEmpty ? String(words.dropLast()) : words
        return StoreError(kind, "\(location) answered: \(sentence)" + (remedy.isEmpty ? "" : ": \(remedy)"))
    }
}
