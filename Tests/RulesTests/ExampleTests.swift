import Foundation
import Limiters
import Testing

@testable import Rules

@Suite("Rules files as people write them")
struct ExampleTests {
    @Test("the first example works, with a warning about an unused policy")
    func firstExample() throws {
        let text = """
            trusted_proxies: [10.0.0.0/8]
            policies:
              data:   { limit: 10 per minute, algorithm: sliding_window }
              search: { limit: 30 per minute, algorithm: token_bucket }
              burst:  { limit: 20 per second, algorithm: token_bucket }
              daily:  { limit: 100000 per day, algorithm: token_bucket }
            rules:
              - match: { method: GET, path: /api/data }
                count: api_key or address
                policies: [data]
              - match: { path: /api/** }
                count: address
                policies: [burst, daily]
            """
        let (rulebook, warnings) = try Rulebook.parse(text.utf8, file: "limits.yaml")
        #expect(
            warnings.map(\.description) == [
                "limits.yaml:4: policies: \"search\" is not used by any rule; use it in a rule"
            ])
        #expect(rulebook.policies.map(\.name) == ["data", "search", "burst", "daily"])
        let quotas = rulebook.policies.map(\.quota)
        #expect(quotas.map(\.limit) == [10, 30, 20, 100_000])
        #expect(quotas.map(\.window) == [60_000_000, 60_000_000, 1_000_000, 86_400_000_000])
        #expect(quotas.map(\.algorithm) == [.slidingWindow, .tokenBucket, .tokenBucket, .tokenBucket])
        for (method, target, key, summary) in [
            ("GET", "/api/data?x=1", "k", "data 1 api_key=<k>"),
            ("GET", "/api/data", nil, "data 1 address=203.0.113.9"),
            ("POST", "/api/data", "k", "burst 1 address=203.0.113.9, daily 1 address=203.0.113.9"),
            ("GET", "/api", nil, "burst 1 address=203.0.113.9, daily 1 address=203.0.113.9"),
            ("GET", "/", nil, "no rule"),
        ] as [(String, String, String?, String)] {
            var facts = SampleRequest(method: method, target: target, address: "203.0.113.9")
            facts["HTTP_X_API_KEY"] = key
            #expect(rulebook.match(for: facts).summary == withNames(summary), "\(method) \(target)")
        }
    }

    @Test("limits.example.yaml has neither mistakes nor warnings")
    func exampleFile() throws {
        let (rulebook, warnings) = try Rulebook.load(path: Repository.path("limits.example.yaml"))
        #expect(warnings == [])
        #expect(rulebook.rules.count == 3)
    }

    @Test(
        "without a rules file, the three sample endpoints are limited",
        arguments: [
            ("GET", "/api/data", "data 1 address=203.0.113.9"),
            ("HEAD", "/api/data", "data 1 address=203.0.113.9"),
            ("GET", "/api/search?q=x", "search 1 address=203.0.113.9"),
            ("POST", "/api/upload", "upload 1 address=203.0.113.9"),
            ("GET", "/api/upload", "no rule"),
            ("POST", "/api/data", "no rule"),
            ("GET", "/health", "no rule"),
        ])
    func samples(method: String, target: String, summary: String) {
        let facts = SampleRequest(method: method, target: target, address: "203.0.113.9")
        #expect(Rulebook.samples.match(for: facts).summary == summary)
    }

    @Test("the sample quotas are 10 per minute, 30 per minute and 5 per 5 minutes")
    func sampleQuotas() {
        let quotas = Rulebook.samples.policies.map(\.quota)
        #expect(quotas.map(\.limit) == [10, 30, 5])
        #expect(quotas.map(\.window) == [60_000_000, 60_000_000, 300_000_000])
        #expect(quotas.map(\.algorithm) == [.slidingWindow, .tokenBucket, .slidingWindow])
    }
}

/// The files of the repository that tests read.
enum Repository {
    static func path(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../\(name)")
            .standardized.path
    }
}
