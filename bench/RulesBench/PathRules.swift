import Rules

/// Rules for a number of paths, and requests for all of them in random order.
struct PathRules {
    let rulebook: Rulebook
    let requests: [SentRequest]
    let loading: Duration

    init(count: Int) throws {
        var text = "policies: { data: { limit: 10 per minute } }\nrules:\n"
        for index in 0..<count {
            text += "  - match: { method: GET, path: /api/v\(index % 10)/item\(index)/** }\n    policies: [data]\n"
        }
        let clock = ContinuousClock()
        let start = clock.now
        rulebook = try Rulebook.parse(text.utf8, file: "bench.yaml").0
        loading = clock.now - start
        // The number of requests does not depend on that of the rules, so that only the rules differ.
        let request = SentRequest.sample(headers: 20)
        requests = (0..<10_000).shuffled().map { index in
            let rule = index % count
            return request.with(target: "/api/v\(rule % 10)/item\(rule)/details?page=\(index)")
        }
    }
}
