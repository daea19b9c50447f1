import FastCGI

/// What a request is for.
///
/// It is in the path's last segment, and pages name one another by such segments alone: so the dashboard works below any
/// path that a web server mounts it at, without being told.
enum Route: Equatable {
    /// A page.
    case page(PageName)
    /// A table as a file.
    case table(TableName, TableFormat)
    /// A style sheet, a script or a picture.
    case asset(String)

    /// What the request's path names; `nil` where there is nothing.
    init?(_ request: Request) {
        let target = request.bytes(of: "REQUEST_URI").map { $0.prefix { $0 != UInt8(ascii: "?") } }
        let path = target ?? (request.bytes(of: "SCRIPT_NAME") ?? []) + (request.bytes(of: "PATH_INFO") ?? [])
        let start = path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? path.startIndex
        self.init(segment: String(decoding: path[start...], as: UTF8.self))
    }

    init?(segment: String) {
        if let page = PageName(rawValue: segment) {
            self = .page(page)
            return
        }
        let parts = segment.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 2, let table = TableName(rawValue: String(parts[0])),
            let format = TableFormat(rawValue: String(parts[1]))
        {
            self = .table(table, format)
        } else if Assets.names.contains(segment) {
            self = .asset(segment)
        } else {
            return nil
        }
    }
}

/// A page, by the last segment of its path.
enum PageName: String, CaseIterable {
    case overview = ""
    case clients
    case client
    case events
    case health
}

/// A table, by its file's name.
enum TableName: String, CaseIterable {
    case totals
    case timeline
    case strategies
    case endpoints
    case clients
    case hours
    case events
    case left
    case processes
}

/// How a table goes out as a file.
enum TableFormat: String, CaseIterable {
    case csv
    case json
}
