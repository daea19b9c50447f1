/// A table, named as its file is.
enum TableName: String, CaseIterable {
    case totals
    case timeline
    case strategies
    case endpoints
    case top
    case policies
    case effectiveness
    case units
    case near
    case victims
    case clients
    case annotations
    case hours
    case events
    case left
    case processes
    case overrides
    case audit
}

/// The format of a table's file, and its suffix.
enum TableFormat: String, CaseIterable {
    case csv
    case json
}
