/// A page as its template shows it.
struct PageView {
    /// The template's name.
    let template: String
    let view: Templates.View
    /// Why the page is not what was asked for.
    let problem: Problem?

    /// The page of this name.
    init(_ name: PageName, _ query: ArraySlice<UInt8>, _ database: Database, _ limiter: LiveStore, now: Moment) {
        let filter: Filter
        do throws(Problem) {
            filter = try Filter(query, now: now)
        } catch {
            self.init(problem: error, on: name, now: now)
            return
        }
        do throws(Problem) {
            let (view, problem) = try Self.content(name, filter, database, limiter)
            self.init(
                template: name == .overview ? "overview" : name.rawValue,
                view: view.merging(Self.frame(name, filter)) { own, _ in own }, problem: problem)
        } catch {
            self.init(problem: error, on: name, filter)
        }
    }

    /// A page that only says what is wrong.
    init(problem: Problem, on name: PageName?, now: Moment) {
        self.init(problem: problem, on: name, Filter(now: now))
    }

    private init(problem: Problem, on name: PageName?, _ filter: Filter) {
        var view = Self.frame(name, filter)
        view["problem"] = problem.view
        if let name, name != .health { view["filters"] = FilterView(name, filter, series: []).view }
        self.init(template: "problem", view: view, problem: problem)
    }

    private init(template: String, view: Templates.View, problem: Problem?) {
        (self.template, self.view, self.problem) = (template, view, problem)
    }

    private static func content(
        _ name: PageName, _ filter: Filter, _ database: Database, _ limiter: LiveStore
    ) throws(Problem) -> (Templates.View, Problem?) {
        if name == .health { return health(filter, database, limiter) }
        let report = try Report(filter, database)
        var view: Templates.View =
            switch name {
            case .overview: try overview(report)
            case .clients: try clients(report)
            case .client: try client(report, limiter)
            case .events: try events(report)
            case .health: [:]
            }
        view["filters"] = FilterView(name, filter, series: report.series).view
        return (view, nil)
    }

    /// What stands around every page.
    private static func frame(_ name: PageName?, _ filter: Filter) -> Templates.View {
        let titles: [(PageName, String)] = [
            (.overview, "Overview"), (.clients, "Clients"), (.events, "Events"), (.health, "Health"),
        ]
        let current = name == .client ? .clients : name
        return [
            "title": titles.first { $0.0 == current }?.1 ?? "Not found",
            "pages": titles.map { page, title in
                [
                    // One client's pages lead to everyone's.
                    "to": page == .clients
                        ? filter.address(page.rawValue, [("client", nil)]) : filter.address(page.rawValue),
                    "text": title, "isCurrent": page == current,
                ] as Templates.View
            },
        ]
    }
}

extension Problem {
    /// What is wrong and what to do, for a template.
    var view: Templates.View {
        ["title": title, "remedy": remedy]
    }
}

extension Filter {
    /// Everything, over the usual range.
    init(now: Moment) {
        range = TimeRange(Self.defaultSpan, now: now)
        (endpoint, policy, client, before) = (nil, nil, nil, nil)
    }
}
