import Servers

/// nginx with two limiters that share a store, under load.
final class Site {
    /// The limiters.
    let limiters: [LimiterProcess]
    /// nginx in front of the limiters.
    let nginx: NginxServer
    /// The load on nginx.
    let load: Load

    /// Starts the servers and the load, with the values of `--store` and `--on-store-failure`.
    ///
    /// The limiters run at `end` of a cable, or in this machine's own network.
    init(_ course: Course, store: String, answer: String, at end: Cable.End?) throws {
        let folder = try TemporaryFolder()
        let flags = [
            "--on-store-failure", answer, "--store-deadline", "\(course.deadline)",
            "--local-store", "embedded:\(folder.path("local"))", "--store-header", "on",
            "--rules", try folder.write(Caller.rules, to: "limits.yaml"),
        ]
        limiters = try (0..<2).map { _ in
            try LimiterProcess(store: store, flags: flags, companions: [folder], at: end)
        }
        nginx = try NginxServer(limiters)
        load = Load(course.load, on: nginx)
    }
}
