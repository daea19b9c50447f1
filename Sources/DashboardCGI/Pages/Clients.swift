extension PageView {
    /// Who was blocked most, and at what hours.
    static func clients(_ report: Report) throws(Problem) -> Templates.View {
        let filter = report.filter
        return [
            "clients": Table.clients(try report.blockedClients()).view(
                "Most blocked clients", empty: "Nobody was blocked in this range.", filter, on: .clients),
            "hours": try hours(report),
        ]
    }

    /// The hours of the day, as a row of columns.
    static func hours(_ report: Report) throws(Problem) -> Templates.View {
        let hours = try report.hours()
        let peak = hours.max() ?? 0
        let days = (report.filter.range.end.seconds - report.hoursStart.seconds + 43_200) / 86_400
        return [
            "days": days, "isEmpty": peak == 0, "files": files(.hours, report.filter),
            "columns": hours.enumerated().map { hour, count in
                [
                    "hour": hour < 10 ? "0\(hour)" : "\(hour)", "count": Figure.count(count),
                    "height": peak > 0 ? count * 100 / peak : 0, "top": peak > 0 ? 100 - count * 100 / peak : 100,
                    "isNamed": hour % 6 == 0,
                ] as Templates.View
            },
        ]
    }
}
