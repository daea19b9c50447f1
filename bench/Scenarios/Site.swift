import Servers

/// nginx in front, two limiters behind it, and the store that both share.
final class Site {
    /// The limiters.
    let limiters: [LimiterProcess]
    /// Where the load goes.
    let nginx: NginxServer

    /// Starts them: `store` and `answer` as after `--store` and `--on-store-failure`, the limiters at `end` of a cable.
    init(store: String, answer: String, at end: Cable.End?) throws {
        let rules = try TemporaryFolder()
        let flags = try ["--on-store-failure", answer, "--rules", rules.write(Caller.rules, to: "limits.yaml")]
        limiters = try (0..<2).map { _ in
            try LimiterProcess(store: store, flags: flags, companions: [rules], at: end)
        }
        nginx = try NginxServer(limiters)
    }
}
