/// What is done about an error reply of Redis: one row for each that needs a decision of its own.
///
/// A command that was not answered is never sent again: it may have been run. One that was answered by an error was not
/// run, or not to its end, and where that is certain the row says what happens to it.
struct ReplyAction: Sendable {
    /// What becomes of the connection that the reply came by.
    enum Connection {
        /// It is used again.
        case kept
        /// It is let go of, and who connects anew looks anew for the server: what answered is not the one to talk to.
        case dropped
    }

    /// What becomes of the command.
    enum Command {
        /// It fails, and whoever put it is told.
        case fails
        /// The server does not have the script: it is sent again with the script itself.
        case sentWhole
        /// The slot has another owner: it is sent to the node that the reply names, from now on always. Clusters only.
        case redirected
        /// The key is moving, and is not here any more: it is sent to the node that the reply names, this time. Clusters
        /// only.
        case asked
        /// Some of the keys are moving: it is sent again key by key. Clusters only.
        case sentByKey
    }

    /// How the reply begins.
    let beginning: String
    /// What kind of failure it is where the command fails.
    let kind: StoreError.Kind
    let connection: Connection
    let command: Command
    /// What an operator can do about it; empty where the server's own words say it.
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

    /// What is done about the reply with this text.
    static func to(_ text: String) -> ReplyAction {
        table.first { text.hasPrefix($0.beginning) } ?? unknown
    }

    /// Any other reply: it fails, and the connection is not trusted further.
    private static let unknown = ReplyAction("", .refused, .dropped)

    private static let grant = "grant this user the permissions in docs/stores.md: ACL SETUSER"
    private static let otherServer = "name a Redis server, version 6 or later"

    /// All rows; the first that fits counts.
    static let table: [ReplyAction] = [
        // What the script needs.
        ReplyAction("NOSCRIPT", .refused, .kept, .sentWhole),

        // The wrong server: another is master now. It is looked for anew by connecting anew.
        ReplyAction(
            "READONLY", .refused, .dropped, .fails,
            "it is a replica now: name the master, or Sentinels by redis+sentinel://"),
        ReplyAction(
            "MASTERDOWN", .refused, .dropped, .fails,
            "it is a replica without its master: name the master, or Sentinels by redis+sentinel://"),

        // A server that cannot now.
        ReplyAction("LOADING", .refused, .kept, .fails, "it answers when its data are read"),
        ReplyAction("BUSY", .refused, .kept, .fails, "another client's script keeps it: SCRIPT KILL ends that"),
        ReplyAction("OOM", .full, .kept, .fails, "raise maxmemory"),
        ReplyAction("MISCONF", .refused, .kept, .fails, "it cannot save to its disk and therefore takes no writes"),
        ReplyAction("NOREPLICAS", .refused, .kept, .fails, "it has fewer replicas than min-replicas-to-write asks for"),
        ReplyAction("ERR max number of clients", .refused, .dropped, .fails, "raise maxclients"),

        // A cluster.
        ReplyAction("MOVED", .misconfigured, .kept, .redirected, "it is a node of a cluster: write redis+cluster://"),
        ReplyAction("ASK", .refused, .kept, .asked),
        ReplyAction("TRYAGAIN", .refused, .kept, .sentByKey),
        ReplyAction("CLUSTERDOWN", .refused, .kept, .fails, "not all of the cluster's slots are served"),
        ReplyAction("CROSSSLOT", .misconfigured, .kept, .fails, "it is a node of a cluster: write redis+cluster://"),
        ReplyAction("ERR This instance has cluster", .misconfigured, .dropped, .fails, "write redis://"),

        // Mistakes of the one who configured it.
        ReplyAction("NOAUTH", .misconfigured, .dropped, .fails, "write a user and a password before the host"),
        ReplyAction("WRONGPASS", .misconfigured, .dropped),
        ReplyAction("ERR AUTH", .misconfigured, .dropped, .fails, "leave the password out"),
        ReplyAction("NOPERM", .misconfigured, .dropped, .fails, grant),
        ReplyAction("ERR The user executing the script can't run", .misconfigured, .dropped, .fails, grant),
        ReplyAction("ERR DB index", .misconfigured, .dropped, .fails, "write a number below the server's databases"),
        ReplyAction("ERR SELECT is not allowed", .misconfigured, .dropped, .fails, "write redis+cluster://"),
        ReplyAction("ERR unknown command", .misconfigured, .dropped, .fails, otherServer),
        ReplyAction("DENIED", .misconfigured, .dropped, .fails, "give the server a password"),
        ReplyAction("WRONGTYPE", .damaged, .kept, .fails, "another program uses its keys: name a database of its own"),
    ]

    /// The failure that the reply with this text is, which `location` gave.
    func error(_ text: String, from location: some CustomStringConvertible) -> StoreError {
        // Behind this, which a script's errors have, stand a digest and a line of it.
        let words = text.firstRange(of: " script: ").map { String(text[..<$0.lowerBound]) } ?? text
        let sentence = words.hasSuffix(".") && !remedy.isEmpty ? String(words.dropLast()) : words
        return StoreError(kind, "\(location) answered: \(sentence)" + (remedy.isEmpty ? "" : ": \(remedy)"))
    }
}
