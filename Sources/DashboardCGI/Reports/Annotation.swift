import Analytics
import TextFormats

/// Something that happened to a limiter, or that an operator did: one line.
struct Annotation {
    /// Microseconds since 1970.
    let time: Int64
    /// What happened, in the words of pages.
    let title: String
    /// The limiter's host, or the operator.
    let source: String
    let text: String

    fileprivate init(_ row: Row) throws(Problem) {
        time = try row.count("time")
        title = Self.title(try row.name("kind"))
        source = try row.name("host")
        text = try row.name("text")
    }

    fileprivate init(_ row: AuditRow) {
        (time, source) = (row.time, row.actor)
        title = "\(Self.title(row.action)): \(clientName(row.client))"
        let limit = row.limit == nil ? nil : row.text
        text = [limit, row.until.map { "until \($0.iso)" }, row.reason].compactMap(\.self).joined(separator: ", ")
    }

    /// The words of pages for a word of the database.
    private static func title(_ kind: String) -> String {
        switch kind {
        case "start": "Start"
        case "stop": "Stop"
        case "reload": "Rules reloaded"
        case "store_down": "Store down"
        case "store_up": "Store up"
        case "reports_lost": "Reports lost"
        case "ban": "Ban"
        case "exempt": "Exemption"
        case "limit": "Limit"
        case "remove": "Override removed"
        case "reset": "Reset"
        default: kind
        }
    }
}

extension Report {
    /// What happened in the range, in its order: the latest 200 lines about limiters, and the latest 200 about operators.
    func annotations() throws(Problem) -> [Annotation] {
        let limiters = try database.rows(.annotations, bounds).map(Annotation.init(_:))
        let operators = try AuditRow.latest(in: range.period, most: 200, database).map(Annotation.init(_:))
        return (limiters + operators).sorted { $0.time < $1.time }
    }
}
