/// The filters above a page.
struct FilterView {
    /// A link to the same page over another range.
    struct SpanLink {
        let address: String
        let text: String
        let title: String
        let isCurrent: Bool
    }

    /// A hidden field of a form.
    struct Field {
        let name: String
        let value: String
    }

    /// An option of a select element.
    struct Choice {
        let value: String
        let isChosen: Bool
    }

    /// The address that the forms go to.
    let action: String
    let spans: [SpanLink]
    let isCustom: Bool
    let rangeText: String
    /// The range in the form of `datetime-local` fields.
    let from: String
    let to: String
    let rangeFields: [Field]
    let subjectFields: [Field]
    let endpoints: [Choice]
    let policies: [Choice]
    let client: String
    /// The address without filters; `nil` if there are none.
    let clear: String?

    /// The filters of a page; `series` has the endpoints and policies to choose from.
    init(_ page: PageName, _ filter: Filter, series: [Series]) {
        let range = filter.range
        action = page == .overview ? "./" : page.rawValue
        spans = TimeRange.Span.allCases.map { span in
            SpanLink(
                address: filter.address(page.rawValue, over: span), text: span.rawValue, title: span.title,
                isCurrent: range.span == span)
        }
        isCustom = range.span == nil
        rangeText = range.text
        from = range.start.dateAndMinute
        to = range.end.dateAndMinute
        let own = filter.ownFields(page.rawValue)
        rangeFields = Self.fields(filter.rangeFields + own)
        subjectFields = Self.fields(filter.subjectFields + own)
        endpoints = Self.choices(series.map(\.endpoint), chosen: filter.endpoint)
        policies = Self.choices(series.map(\.policy), chosen: filter.policy)
        client = filter.client ?? ""
        // The client is what a client's own page is about, not one of its filters.
        let isFiltered = Self.fields(filter.subjectFields).contains { page != .client || $0.name != "client" }
        let cleared: [Filter.Field] = [
            ("endpoint", nil), ("policy", nil), ("client", page == .client ? filter.client : nil),
        ]
        clear = isFiltered ? filter.address(page.rawValue, cleared) : nil
    }

    static func fields(_ fields: [Filter.Field]) -> [Field] {
        fields.compactMap { field in field.value.map { Field(name: field.name, value: $0) } }
    }

    private static func choices(_ names: [String], chosen: String?) -> [Choice] {
        Set(names + (chosen.map { [$0] } ?? [])).sorted().map { Choice(value: $0, isChosen: $0 == chosen) }
    }
}
