import Analytics
import FastCGI
import Limiters
import Rules
import Startup
import Stores

extension StatusPages {
    /// The counters of this process since its start.
    func prometheusText() -> [UInt8] {
        var text = PrometheusText()
        addRequests(to: &text)
        addStore(to: &text)
        addReports(to: &text)
        addUnits(to: &text)
        if let recorder { addRecorder(recorder, to: &text) }

        text.family("connections", .gauge, "Open connections from web servers.")
        text.sample(connections.value)
        text.family("uptime_seconds", .gauge, "Seconds since the start of this process.")
        text.sample(uptimeSeconds)
        text.family("build_info", .gauge, "Version and store of this process; the value is always 1.")
        text.sample(["version": programVersion, "store": store.location.kind], 1)
        return text.bytes
    }

    private struct Policy: Hashable {
        let name: String
        let algorithm: String
    }

    private func addRequests(to text: inout PrometheusText) {
        let counts = ledger.sinceStart
        text.family("requests_total", .counter, "Requests counted by a rule, by endpoint and outcome.")
        var byEndpoint = EndpointCounts()
        for (owner, count) in counts { byEndpoint.add(count.requests, owner.series.endpoint, owner.outcome) }
        for (label, count) in allEndpoints(byEndpoint) {
            for outcome in Outcome.allCases {
                text.sample(["endpoint": label, "outcome": outcome.rawValue], count[outcome])
            }
        }

        text.family("decisions_total", .counter, "Requests counted by a rule, by governing policy and outcome.")
        var byPolicy: [Policy: EndpointCounts.Count] = [:]
        for policy in rules.current.policies {
            byPolicy[Policy(name: policy.name, algorithm: policy.quota.algorithm.rawValue)] = EndpointCounts.Count()
        }
        for (owner, count) in counts {
            let policy = Policy(name: owner.series.policy, algorithm: owner.series.algorithm)
            byPolicy[policy, default: EndpointCounts.Count()].add(count.requests, owner.outcome)
        }
        let ordered = byPolicy.sorted { ($0.key.name, $0.key.algorithm) < ($1.key.name, $1.key.algorithm) }
        for (policy, count) in ordered {
            for outcome in Outcome.allCases {
                text.sample(
                    ["policy": policy.name, "algorithm": policy.algorithm, "outcome": outcome.rawValue], count[outcome])
            }
        }

        text.family("decision_seconds", .histogram, "Time that the store took to decide a request.")
        text.histogram(counts.values.reduce(into: LatencyHistogram()) { $0 += $1.latency })
    }

    private func addStore(to text: inout PrometheusText) {
        text.family("store_errors_total", .counter, "Batches that the store did not decide, by kind of failure.")
        let errors = ledger.storeErrors
        for kind in StoreError.Kind.allCases { text.sample(["kind": kind.rawValue], errors[kind.rawValue] ?? 0) }

        text.family(
            "store_full", .gauge, "Whether an embedded store lacks room and counts new clients by network: 1 or 0.")
        text.sample(store.fullError == nil ? 0 : 1)
        if let usedShare = session.usedShare {
            text.family(
                "store_used_ratio", .gauge,
                "Used share of an embedded store's room, from 0 to 1; a full store counts new clients by network.")
            text.sample(usedShare)
        }
        text.family(
            "without_store_total", .counter,
            """
            Requests that the store did not decide, by who did: memory (cached refusals), local (the fallback store), \
            newcomers (counts by network while a store is full), or none.
            """
        )
        for decider in RequestOutcome.Decider.allCases where decider != .store {
            text.sample(["by": decider.rawValue], store.count(of: decider))
        }
        text.sample(["by": "none"], store.undecidedCount)

        text.family("overrides", .gauge, "Bans, exemptions and limits by operators that are in force, by kind.")
        let overrides = store.overrides.counts
        for kind in Override.Effect.Kind.allCases { text.sample(["kind": kind.rawValue], overrides[kind] ?? 0) }

        guard let breaker = store.breaker else { return }
        text.family("store_breaker", .gauge, "State of the store's circuit breaker: 1 for the current state, else 0.")
        for state in CircuitBreaker.State.allCases {
            text.sample(["state": state.rawValue], state == breaker.state ? 1 : 0)
        }
        text.family("store_breaker_transitions_total", .counter, "Transitions of the circuit breaker, by new state.")
        for state in CircuitBreaker.State.allCases { text.sample(["to": state.rawValue], breaker.entries(into: state)) }
    }

    private func addReports(to text: inout PrometheusText) {
        let counts = settler.counts
        text.family("receipts_total", .counter, "Requests whose charge was to be confirmed or refunded at their end.")
        text.sample(settler.issued)
        text.family("reports_total", .counter, "Reports on how a request ended, by what they led to.")
        for result in Settler.Result.allCases {
            text.sample(["result": result.rawValue], counts.reports[result, default: 0])
        }
        text.family(
            "receipts_open", .gauge,
            "Requests whose end is not known yet. Any limiter of a store may get the report, so only the sum over all counts."
        )
        let settled = [Settler.Result.counted, .refunded, .charged, .failed].map { counts.reports[$0, default: 0] }
            .reduce(0, +)
        text.sample(settler.issued - Int64(settled + counts.lost))
        text.family("reports_lost_total", .counter, "Requests whose end was not reported before --report-timeout.")
        text.sample(counts.lost)
    }

    /// The units of the policies that depend on how requests end.
    private func addUnits(to text: inout PrometheusText) {
        let tagged = zip(rules.current.taggedPolicies, rules.current.countConditions)
        let zeros = tagged.compactMap { $1 == nil ? nil : ($0.policy.name, UnitCounts()) }
        let counts = ledger.units.merging(zeros) { count, _ in count }.sorted { $0.key < $1.key }
        guard !counts.isEmpty else { return }
        let families: [(String, String, KeyPath<UnitCounts, Int64>)] = [
            ("charged", "Units charged to requests that were let through, until it is known how they end.", \.charged),
            ("refunded", "Units given back when a request had ended.", \.refunded),
            ("corrected", "Units taken when a request had ended, because it cost more than its charge.", \.corrected),
        ]
        for (name, help, path) in families {
            text.family("\(name)_units_total", .counter, help)
            for (policy, count) in counts { text.sample(["policy": policy], count[keyPath: path]) }
        }
    }

    private func addRecorder(_ recorder: Recorder, to text: inout PrometheusText) {
        text.family("recorder_up", .gauge, "Whether PostgreSQL accepts counts: 1 or 0.")
        text.sample(recorder.failure == nil ? 1 : 0)
        text.family("recorder_backlog_batches", .gauge, "Batches waiting for PostgreSQL; there is one per second.")
        text.sample(recorder.backlog)
        text.family("recorder_spool_bytes", .gauge, "Bytes of batches waiting in the spool.")
        text.sample(recorder.spooledBytes)
        text.family(
            "recorder_batches_lost_total", .counter, "Batches that PostgreSQL rejected, so that their counts are lost.")
        text.sample(recorder.lostBatches)
        text.family(
            "recorder_events_dropped_total", .counter, "Blocked requests that were counted but not kept in detail.")
        text.sample(ledger.eventsDropped)
    }
}
