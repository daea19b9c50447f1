extension PageView {
    /// One client: what became of its requests, when, where, and what it has left now.
    static func client(_ report: Report, _ limiter: LiveStore) throws(Problem) -> Templates.View {
        let filter = report.filter
        guard let client = filter.client else {
            throw Problem(
                .malformed, "No client is named.", "Choose one of the clients page, or write client= and an identity.")
        }
        let figures = try report.figures()
        let all = figures.sum
        let seen = try report.seen(client)
        var view: Templates.View = [
            "title": ClientName(client).text,
            "client": ["name": ClientName(client).text, "identity": client] as Templates.View,
            "isUnknown": seen == nil,
            "figures": FiguresView(all, over: filter.range).view,
            "notes": FiguresView.notes(all.now),
            "chart": ChartView(try report.timeline(), over: filter.range).view,
            "chartFiles": files(.timeline, filter),
            "endpoints": Table.endpoints(figures).view(
                "Endpoints", empty: "No requests in this range.", filter, on: .client),
            "events": Table.events(try report.events()).view(
                "Blocked requests", empty: "None in this range.", filter, on: .client),
            "hours": try hours(report),
        ]
        if let seen {
            view["seen"] = ["first": time(seen.first), "last": time(seen.last)] as Templates.View
        }
        do throws(Problem) {
            view["left"] = Table.left(try limiter.left(client)).view(
                "Left now", empty: "The rules have no policies.", filter, on: .client)
        } catch {
            view["leftProblem"] = error.view
        }
        return view
    }

    /// A time for a template.
    static func time(_ seconds: Int64) -> Templates.View {
        let moment = Moment(seconds: seconds)
        return ["iso": moment.iso, "text": moment.text("%b %e, %H:%M:%S")]
    }
}
