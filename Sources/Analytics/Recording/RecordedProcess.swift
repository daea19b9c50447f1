import Glibc
import Platform
import TextFormats

/// The process that records, as the database lists it.
public struct RecordedProcess: Sendable {
    /// How the process serves.
    public enum Mode: String, Sendable {
        /// Until it is stopped.
        case serve
        /// One request.
        case cgi
    }

    let host: String
    let pid: Int32
    let mode: Mode
    let version: String
    let started: Int64
    let store: String
    let loops: Int

    /// This process.
    ///
    /// - Parameters:
    ///   - mode: how it serves.
    ///   - version: the program's version.
    ///   - store: the kind of its store: `embedded`, `redis`.
    ///   - loops: how many event loops it has.
    public init(mode: Mode, version: String, store: String, loops: Int) {
        host = machineName()
        pid = getpid()
        started = wallMicroseconds() / 1_000_000
        self.mode = mode
        self.version = version
        self.store = store
        self.loops = loops
    }

    /// Appends the members of the object `process` of a batch.
    func write(_ state: ProcessState, _ names: ClientNames, to json: inout JSONWriter) {
        json.append("host", host)
        json.append("mode", state.isEnding ? "ended" : mode.rawValue)
        json.append("version", version)
        json.append("store", store)
        json.append("store_state", state.storeError ?? "up")
        json.append("clients", names.kind)
        json.append("pid", pid)
        json.append("started_seconds", started)
        json.append("loops", loops)
        json.append("connections", state.connections)
        json.append("backlog", state.backlog)
        json.append("spooled", state.spooled)
        json.append("events_dropped", state.eventsDropped)
        json.append("store_errors", state.storeErrors)
    }
}

/// The current state of the process.
struct ProcessState {
    var storeError: String?
    var storeErrors: Int64 = 0
    var connections = 0
    var backlog = 0
    var spooled = 0
    var eventsDropped: Int64 = 0
    /// Whether the process stops as it should, so that its silence means nothing.
    var isEnding = false
}
