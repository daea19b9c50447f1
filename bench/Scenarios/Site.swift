import Servers

/// Load on nginx, two limiters behind it, and the store that both share.
final class Site {
    /// The limiters.
    let limiters: [LimiterProcess]
    /// What is in front of them.
    let nginx: NginxServer
    /// What is asked of them.
    let load: Load

    /// Starts them: `store` and `answer` as after `--store` and `--on-store-failure`, the limiters at `end` of a cable.
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
