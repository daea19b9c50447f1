extension Table {
    /// The limiters, those that stopped answering first.
    static func processes(_ processes: [Fleet.Process]) -> Table {
        Table(
            name: .processes,
            columns: [
                Column("host", "Host"), Column("pid", "Process"), Column("version", "Version"),
                Column("state", "State"), Column("last_wrote", "Last sign of life (UTC)"),
                Column("started", "Started (UTC)"), Column("silent_seconds", nil), Column("store", "Store"),
                Column("store_state", "Store state"), Column("loops", nil), Column("connections", "Connections"),
                Column("backlog_batches", "Backlog"), Column("spooled_bytes", "On disk"),
                Column("events_dropped", "Events dropped"), Column("store_errors", "Store errors"),
                Column("clients", "Client names"),
            ],
            identity: ["host", "pid", "started"],
            rows: processes.map { process in
                [
                    .text(process.host), .text(String(process.pid)), .text(process.version),
                    process.life.cell, .time(process.seen.utc), .time(process.started.utc),
                    .seconds(max(0, process.silence)), .text(process.store),
                    .state(isGood: process.storeState == "up", process.storeState), .count(process.loops),
                    .count(process.connections), .count(process.backlog), .bytes(process.spooled),
                    .count(process.eventsDropped), .count(process.storeErrors), .text(process.clients),
                ]
            })
    }
}

extension Fleet.Life {
    fileprivate var cell: Cell {
        switch self {
        case .up: .state(isGood: true, "up")
        case .silent: .state(isGood: false, "silent")
        case .replaced: .text("replaced")
        case .ended: .text("ended")
        }
    }
}
