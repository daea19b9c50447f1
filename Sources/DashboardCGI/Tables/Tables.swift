import Limiters

extension Table {
    /// All requests together: now, and in as long a time just before.
    static func totals(_ all: SeriesFigures, over range: TimeRange) -> Table {
        func row(_ period: String, _ counts: Counts, _ seconds: Int64) -> [Cell] {
            [
                .text(period), .count(counts.total), .count(counts.allowed), .count(counts.blocked),
                .count(counts.failed), .count(counts.shadowBlocked), .share(counts.blockRate),
                .number(Double(counts.total) / Double(seconds)),
            ]
        }
        return Table(
            name: .totals,
            columns: [
                Column("period", "Period"), Column("requests", "Requests"), Column("allowed", "Allowed"),
                Column("blocked", "Blocked"), Column("failed", "Without a verdict"),
                Column("shadow_blocked", "Refused by shadow policies"), Column("block_rate", "Block rate"),
                Column("requests_per_second", "Requests a second"),
            ],
            rows: [
                row("now", all.now, range.passed),
                row("before", all.before, range.end.seconds - range.start.seconds),
            ])
    }

    /// The chart in numbers.
    static func timeline(_ columns: [Counts], over range: TimeRange) -> Table {
        Table(
            name: .timeline,
            columns: [
                Column("at", "From (UTC)"), Column("requests", "Requests"), Column("allowed", "Allowed"),
                Column("blocked", "Blocked"), Column("failed", "Without a verdict"),
            ],
            rows: zip(range.columns, columns).map { at, counts in
                [
                    .time(Double(at.seconds)), .count(counts.total), .count(counts.allowed), .count(counts.blocked),
                    .count(counts.failed),
                ]
            })
    }

    /// The algorithms side by side.
    static func strategies(_ figures: [(series: Series, figures: SeriesFigures)]) -> Table {
        table(.strategies, Column("strategy", "Strategy"), figures, by: \.algorithm) { .text(strategyName($0)) }
    }

    /// The endpoints, the busiest first.
    static func endpoints(_ figures: [(series: Series, figures: SeriesFigures)]) -> Table {
        table(.endpoints, Column("endpoint", "Endpoint"), figures, by: \.endpoint) { .choice(field: "endpoint", $0) }
    }

    private static func strategyName(_ algorithm: String) -> String {
        switch algorithm {
        case "sliding_window": "Sliding window"
        case "token_bucket": "Token bucket"
        case "list": "Ban list"
        default: algorithm
        }
    }

    private static func table(
        _ name: TableName, _ first: Column, _ figures: [(series: Series, figures: SeriesFigures)],
        by key: (Series) -> String, _ label: (String) -> Cell
    ) -> Table {
        var groups: [String: SeriesFigures] = [:]
        for (series, figures) in figures where figures.now.total > 0 {
            groups[key(series), default: SeriesFigures()] += figures
        }
        let ordered = groups.sorted { ($1.value.now.total, $0.key) < ($0.value.now.total, $1.key) }
        func time(_ percentile: Double?) -> Cell { percentile.map { .microseconds($0) } ?? .absent }
        func number(_ number: Double?) -> Cell { number.map { .number($0) } ?? .absent }
        return Table(
            name: name,
            columns: [
                first, Column("requests", "Requests"), Column("blocked", "Blocked"), Column("block_rate", "Block rate"),
                Column("average_limit", "Avg limit"), Column("average_remaining", "Avg left"),
                Column("decision_p50_microseconds", "p50"), Column("decision_p95_microseconds", "p95"),
                Column("decision_p99_microseconds", "p99"), Column(hidden: "allowed"), Column(hidden: "failed"),
                Column(hidden: "shadow_blocked"),
            ],
            rows: ordered.map { key, group in
                [
                    label(key), .count(group.now.total), .count(group.now.blocked), .share(group.now.blockRate),
                    number(group.averageLimit), number(group.averageRemaining), time(group.latency.percentile(0.5)),
                    time(group.latency.percentile(0.95)), time(group.latency.percentile(0.99)),
                    .count(group.now.allowed), .count(group.now.failed), .count(group.now.shadowBlocked),
                ]
            })
    }

    /// Those who were blocked most.
    static func clients(_ clients: [Report.BlockedClient]) -> Table {
        func time(_ seconds: Int64?) -> Cell { seconds.map { .time(Double($0)) } ?? .absent }
        return Table(
            name: .clients,
            columns: [
                Column("client", "Client"), Column("blocked", "Blocked"), Column("blocked_over_time", "Over time"),
                Column("requests", "Requests"), Column("block_rate", "Block rate"),
                Column("first_seen", "First seen"), Column("last_seen", "Last seen"), Column(hidden: "allowed"),
                Column(hidden: "failed"),
            ],
            rows: clients.map { row in
                [
                    .client(row.client), .count(row.counts.blocked), .spark(row.columns), .count(row.counts.total),
                    .share(row.counts.blockRate), time(row.firstSeen), time(row.lastSeen), .count(row.counts.allowed),
                    .count(row.counts.failed),
                ]
            })
    }

    /// How often requests were blocked, by the hour of the day.
    static func hours(_ hours: [Int64]) -> Table {
        Table(
            name: .hours, columns: [Column("hour", "Hour (UTC)"), Column("blocked", "Blocked")],
            rows: hours.enumerated().map { hour, count in [.count(Int64(hour)), .count(count)] })
    }

    /// Requests that were blocked, the latest first.
    static func events(_ events: [Report.Event]) -> Table {
        Table(
            name: .events,
            columns: [
                Column("time", "Time (UTC)"), Column("client", "Client"), Column("address", "Address"),
                Column("endpoint", "Endpoint"), Column("policy", "Policy"),
                Column("retry_after_seconds", "Retry after"), Column("user_agent", "User agent"),
                Column(hidden: "place"),
            ],
            rows: events.map { event in
                [
                    .time(Double(event.place.time) / 1_000_000), .client(event.client),
                    event.address.map { .text($0) } ?? .absent,
                    .choice(field: "endpoint", event.endpoint), .choice(field: "policy", event.policy),
                    event.retryAfter.map { .seconds($0 / 1_000_000) } ?? .absent,
                    event.userAgent.map { .text($0) } ?? .absent, .text(event.place.text),
                ]
            })
    }

    /// What a client has left.
    static func left(_ left: [LiveStore.Left]) -> Table {
        Table(
            name: .left,
            columns: [
                Column("policy", "Policy"), Column("remaining", "Left now"), Column(hidden: "limit"),
                Column("window_seconds", "Per"), Column("strategy", "Strategy"),
                Column("reset_after_seconds", "Full again in"), Column("mode", "Mode"),
            ],
            rows: left.map { entry in
                [
                    .text(entry.policy.name), .left(entry.decision.remaining, of: entry.decision.limit),
                    .count(entry.decision.limit), .seconds(Double(entry.policy.quota.window) / 1_000_000),
                    .text(strategyName(entry.policy.quota.algorithm.rawValue)),
                    .seconds(Double(entry.decision.resetAfter) / 1_000_000),
                    .text(entry.policy.mode == .enforced ? "enforced" : "shadow"),
                ]
            })
    }

    /// The limiters that were seen within the last minute.
    static func processes(_ processes: [Fleet.Process]) -> Table {
        Table(
            name: .processes,
            columns: [
                Column("host", "Host"), Column("pid", "Process"), Column("version", "Version"),
                Column("started", "Started (UTC)"), Column("silent_seconds", "Last wrote"), Column("store", "Store"),
                Column("store_state", "Store state"), Column("loops", "Loops"), Column("connections", "Connections"),
                Column("backlog_batches", "Backlog"), Column("spooled_bytes", "On disk"),
                Column("events_dropped", "Events dropped"), Column("store_errors", "Store errors"),
                Column("clients", "Clients"),
            ],
            rows: processes.map { process in
                [
                    .text(process.host), .text(String(process.pid)), .text(process.version),
                    .time(Double(process.started)), .seconds(max(0, process.silence)), .text(process.store),
                    .state(isWell: process.storeState == "up", process.storeState), .count(process.loops),
                    .count(process.connections), .count(process.backlog), .bytes(process.spooled),
                    .count(process.eventsDropped), .count(process.storeErrors), .text(process.clients),
                ]
            })
    }
}
