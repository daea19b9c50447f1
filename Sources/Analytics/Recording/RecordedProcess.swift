import Glibc
import Platform

/// The process that records, as the database lists it.
public struct RecordedProcess: Sendable {
    /// How it serves.
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
    ///   - version: the program's.
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

    func write(_ state: ProcessState, _ names: ClientNames, to json: inout JSONText) {
        json.append("{\"host\":")
        json.append(string: host)
        json.append(",\"mode\":")
        json.append(string: mode.rawValue)
        json.append(",\"version\":")
        json.append(string: version)
        json.append(",\"store\":")
        json.append(string: store)
        json.append(",\"store_state\":")
        json.append(string: state.storeError ?? "up")
        json.append(",\"clients\":")
        json.append(string: names.kind)
        let numbers: [(StaticString, Int64)] = [
            ("pid", Int64(pid)), ("started_seconds", started), ("loops", Int64(loops)),
            ("connections", Int64(state.connections)), ("backlog", Int64(state.backlog)),
            ("spooled", Int64(state.spooled)),
            ("events_dropped", state.eventsDropped), ("store_errors", state.storeErrors),
        ]
        for (name, number) in numbers {
            json.append(",\"")
            json.append(name)
            json.append("\":")
            json.append(number)
        }
        json.append("}")
    }
}

/// How the process is at the moment.
struct ProcessState {
    var storeError: String?
    var storeErrors: Int64 = 0
    var connections = 0
    var backlog = 0
    var spooled = 0
    var eventsDropped: Int64 = 0
}
