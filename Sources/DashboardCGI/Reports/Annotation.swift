import Analytics
import TextFormats

/// Something that happened to a limiter: one line.
struct Annotation {
    /// Microseconds since 1970.
    let time: Int64
    /// What happened, in one of the database's words.
    let kind: String
    let host: String
    let text: String

    /// What happened, in the words of pages.
    var title: String {
        switch kind {
        case "start": "Start"
        case "stop": "Stop"
        case "reload": "Rules reloaded"
        case "store_down": "Store down"
        case "store_up": "Store up"
        case "override": "Override"
        default: kind
        }
    }
}

extension Report {
    /// The latest 200 annotations of the range, in their order.
    func annotations() throws(Problem) -> [Annotation] {
        try database.rows(.annotations, bounds).map { row throws(Problem) in
            Annotation(
                time: try row.count("time"), kind: try row.name("kind"), host: try row.name("host"),
                text: try row.name("text"))
        }.reversed()
    }
}
