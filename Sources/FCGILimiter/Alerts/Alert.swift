import Limiters
import TextFormats

/// What an operator is told about.
enum AlertKind: String, CaseIterable {
    case blockRate = "block_rate"
    case storeUnavailable = "store_unavailable"
    case storeNearlyFull = "store_nearly_full"
    case countsLost = "counts_lost"
}

/// A message about the beginning or the end of an incident.
struct Alert {
    enum State: String {
        case firing
        case resolved
    }

    let kind: AlertKind
    let state: State
    /// The name of the incident: equal at its beginning and at its end.
    let incident: String
    /// The beginning of the incident, and the time of this message, in microseconds since 1970.
    let since: Microseconds
    let time: Microseconds
    /// One line.
    let text: String

    /// The message as JSON.
    func json(host: String) -> [UInt8] {
        var json = JSONWriter()
        json.appendObject { json in
            json.append("alert", kind.rawValue)
            json.append("state", state.rawValue)
            json.append("incident", incident)
            json.append("host", host)
            json.append("since", UTCTime(microseconds: since).iso8601)
            json.append("time", UTCTime(microseconds: time).iso8601)
            json.append("text", "\(host): \(text)")
        }
        return json.bytes
    }
}
