/// A page, named by the last segment of its path.
enum PageName: String, CaseIterable {
    case overview = ""
    case top
    case clients
    case client
    case events
    case effectiveness
    case health
}
