extension Table {
    /// The limiters that wrote within the last minute.
    static func processes(_ processes: [Fleet.Process]) -> Table {
        Table(
            name: .processes,
            columns: [
                Column("host", "Host"), Column("pid", "Process"), Column("version", "Version"),
                Column("started", "Started (UTC)"), Column("silent_seconds", "Last wrote"), Column("store", "Store"),
                Column("store_state", "Store state"), Column("loops", "Loops"), Column("connections", "Connections"),
                Column("backlog_batches", "Backlog"), Column("spooled_bytes", "On disk"),
                Column("events_dropped", "Events dropped"), Column("store_errors", "Store errors"),
                Column("clients", "Client names"),
            ],
            rows: processes.map { process in
                [
                    .text(process.host), .text(String(process.pid)), .text(process.version),
                    .time(process.started.utc), .seconds(max(0, process.silence)), .text(process.store),
                    .state(isGood: process.storeState == "up", process.storeState), .count(process.loops),
                    .count(process.connections), .count(process.backlog), .bytes(process.spooled),
                    .count(process.eventsDropped), .count(process.storeErrors), .text(process.clients),
                ]
            })
    }
}
