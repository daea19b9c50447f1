import Stores

extension PrometheusText {
    /// Adds the breaker's state, and what was answered without the store.
    mutating func add(_ watch: StoreMonitor) {
        let breaker = watch.breaker
        family("store_breaker", .gauge, "The circuit breaker before the store: 1 for the state that it is in.")
        for state in CircuitBreaker.State.allCases {
            sample(["state": state.rawValue], state == breaker.state ? 1 : 0)
        }
        family("store_breaker_transitions_total", .counter, "How often the breaker has entered a state.")
        for state in CircuitBreaker.State.allCases {
            sample(["to": state.rawValue], Int64(breaker.entries(into: state)))
        }
        family(
            "without_store_total", .counter,
            "Requests decided without the store: by a refusal that is remembered, by the machine's own store, or by none."
        )
        for decider in StoreMonitor.Decider.allCases { sample(["by": "\(decider)"], Int64(watch.count(of: decider))) }
    }
}
