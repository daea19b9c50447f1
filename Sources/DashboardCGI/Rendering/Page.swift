/// A page, and why it is not what was asked for.
struct Page {
    let view: PageView
    /// Decides the status of the answer; `nil` for a page without problems.
    let problem: Problem?

    /// The page that a query asks for.
    init(_ name: PageName, _ query: ArraySlice<UInt8>, _ database: Database, _ limiter: LiveStore, now: Moment) {
        let filter: Filter
        do throws(Problem) {
            filter = try Filter(query, now: now)
        } catch {
            self.init(problem: error, on: name, now: now)
            return
        }
        if name == .health {
            let fleet = Result { () throws(Problem) in try Fleet(database) }
            var problem: Problem?
            if case .failure(let failure) = fleet { problem = failure }
            let alarm = problem.map(AlarmView.init) ?? AlarmView((try? fleet.get().processes) ?? [])
            self.init(name, filter, nil, HealthView(fleet, database, limiter, filter), alarm, problem)
            return
        }
        do throws(Problem) {
            let report = try Report(filter, database)
            let content: any PageContent =
                switch name {
                case .overview: try OverviewView(report, limiter)
                case .top: try TopView(report)
                case .clients: try ClientsView(report)
                case .client: try ClientView(report, limiter)
                case .effectiveness: try EffectivenessView(report)
                case .events, .health, .overrides, .confirm, .audit, .trial: try EventsView(report)
                }
            self.init(
                name, filter, FilterView(name, filter, series: report.series), content,
                AlarmView(try Fleet.processes(database)))
        } catch {
            self.init(problem: error, on: name, filter)
        }
    }

    /// A page about overrides.
    ///
    /// - Parameters:
    ///   - name: which page.
    ///   - query: the query of its address.
    ///   - database: has the limiters that may have stopped.
    ///   - now: the time.
    ///   - content: makes the content, for the filter of the query.
    init(
        _ name: PageName, _ query: ArraySlice<UInt8>, _ database: Database, now: Moment,
        _ content: (Filter) throws(Problem) -> any PageContent
    ) {
        do throws(Problem) {
            let filter = try Filter(query, now: now)
            // The overrides are shown while the database is down, too.
            let processes = (try? Fleet.processes(database)) ?? []
            self.init(name, filter, nil, try content(filter), AlarmView(processes))
        } catch {
            self.init(problem: error, on: name, now: now)
        }
    }

    /// A page that only says what is wrong.
    init(problem: Problem, on name: PageName?, now: Moment) {
        self.init(problem: problem, on: name, Filter(now: now))
    }

    private init(problem: Problem, on name: PageName?, _ filter: Filter) {
        let filters = name.flatMap { $0 == .health || $0.isConsole ? nil : FilterView($0, filter, series: []) }
        self.init(name, filter, filters, ProblemView(problem), AlarmView(problem), problem)
    }

    private init(
        _ name: PageName?, _ filter: Filter, _ filters: FilterView?, _ content: any PageContent, _ alarm: AlarmView,
        _ problem: Problem? = nil
    ) {
        let titles: [(page: PageName, title: String)] = [
            (.overview, "Overview"), (.top, "Top"), (.clients, "Clients"), (.events, "Events"),
            (.effectiveness, "Effectiveness"), (.health, "Health"), (.overrides, "Overrides"),
        ]
        let current = name == .client ? .clients : name?.isConsole == true ? .overrides : name
        let title =
            (content as? ClientView)?.name ?? (content is TrialView ? "Try rules" : nil) ?? titles.first {
                $0.page == current
            }?.title ?? "Not found"
        view = PageView(
            title: title,
            navigation: titles.map { page, title in
                // The page of all clients drops the filter by one.
                let changes: [Filter.Field] = page == .clients ? [("client", nil)] : []
                return NavigationLink(
                    address: filter.address(page.rawValue, changes), text: title, isCurrent: page == current)
            },
            alarm: alarm, isPast: (filters != nil && filter.range.isPast) || name == .trial, filters: filters,
            content: content)
        self.problem = problem
    }
}
