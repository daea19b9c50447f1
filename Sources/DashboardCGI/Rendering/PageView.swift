import TextFormats

/// A page: what all pages have around their content, and the content.
struct PageView {
    /// The title, without the program's name.
    let title: String
    let navigation: [NavigationLink]
    let alarm: AlarmView
    /// Whether the page shows a past range, which does not change.
    let isPast: Bool
    /// The filters; `nil` on a page that has none.
    let filters: FilterView?
    let content: any PageContent
}

/// The view model of one page's template.
protocol PageContent {
    /// The template's name.
    static var template: String { get }
}

/// A link to one of the pages.
struct NavigationLink {
    let address: String
    let text: String
    let isCurrent: Bool
}

/// A link within a page.
struct LinkView {
    let address: String
    let text: String
}

/// A time as pages show it, in UTC.
struct TimeView {
    /// For programs: `2026-11-24T05:43:00Z`.
    let iso: String
    let text: String

    init(_ time: UTCTime) {
        iso = time.iso8601
        text = "\(time.monthAndDay), \(time.timeOfDay)"
    }
}
