/// The filters above a page, as their template shows them.
struct FilterView {
    let view: Templates.View

    /// The filters of a page; `series` is what there is to choose from.
    init(_ page: PageName, _ filter: Filter, series: [Series]) {
        let range = filter.range
        let others = filter.subjectFields.filter { $0.value != nil }
        // On a client's own page the client is what the page is about.
        let isFiltered = others.contains { page != .client || $0.name != "client" }
        view = [
            "action": page == .overview ? "./" : page.rawValue,
            "spans": TimeRange.Span.allCases.map { span in
                [
                    "to": filter.address(page.rawValue, over: span), "text": span.rawValue, "title": span.title,
                    "isCurrent": range.span == span,
                ] as Templates.View
            },
            "isCustom": range.span == nil,
            "rangeText": range.text,
            "rangeTitle": range.span?.title ?? "custom range",
            "from": range.start.text("%Y-%m-%dT%H:%M"),
            "to": range.end.text("%Y-%m-%dT%H:%M"),
            "rangeFields": Self.fields(filter.rangeFields),
            "subjectFields": Self.fields(others),
            "endpoints": Self.choices(series.map(\.endpoint), chosen: filter.endpoint),
            "policies": Self.choices(series.map(\.policy), chosen: filter.policy),
            "client": filter.client ?? "",
            "isFiltered": isFiltered,
            "clear": filter.address(
                page.rawValue,
                [("endpoint", nil), ("policy", nil), ("client", page == .client ? filter.client : nil)]),
        ]
    }

    private static func fields(_ fields: [(name: String, value: String?)]) -> [Templates.View] {
        fields.compactMap { field in field.value.map { ["name": field.name, "value": $0] } }
    }

    private static func choices(_ names: [String], chosen: String?) -> [Templates.View] {
        Set(names + (chosen.map { [$0] } ?? [])).sorted().map { ["value": $0, "isChosen": $0 == chosen] }
    }
}
