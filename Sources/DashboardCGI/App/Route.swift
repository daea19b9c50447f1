import FastCGI

/// What a request asks for.
///
/// Only the last segment of the path counts, and pages link to one another by that segment alone. So the dashboard works
/// below any path at which a web server mounts it, without being told.
enum Route: Equatable {
    case page(PageName)
    /// The request that carries out an operator's action.
    case act
    /// A table as a file.
    case table(TableName, TableFormat)
    /// A style sheet, a script or an image.
    case asset(String)

    /// The route that a request's path names; `nil` if it names none.
    init?(_ request: Request) {
        let target = request.bytes(of: "REQUEST_URI").map { $0.prefix { $0 != UInt8(ascii: "?") } }
        let path = target ?? (request.bytes(of: "SCRIPT_NAME") ?? []) + (request.bytes(of: "PATH_INFO") ?? [])
        let start = path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? path.startIndex
        self.init(segment: String(decoding: path[start...], as: UTF8.self))
    }

    private init?(segment: String) {
        if segment == "act" {
            self = .act
            return
        }
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
