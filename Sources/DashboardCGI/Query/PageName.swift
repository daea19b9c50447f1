/// A page, named by the last segment of its path.
enum PageName: String, CaseIterable {
    case overview = ""
    case top
    case clients
    case client
    case events
    case effectiveness
    case health
    case overrides
    case confirm
    case audit
    case trial

    /// Whether the page is about what operators do, and shows no counts.
    var isConsole: Bool { [.overrides, .confirm, .audit, .trial].contains(self) }
}
