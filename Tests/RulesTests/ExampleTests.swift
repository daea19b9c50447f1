import Foundation
import Limiters
import Testing

@testable import Rules

@Suite("Rules files as people write them")
struct ExampleTests {
    @Test("a file of an earlier version works, with warnings")
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
                "limits.yaml:1: trusted_proxies needs proxy_header, because clients can send the header that the proxies "
                    + "do not; write X-Forwarded-For or Forwarded",
                "limits.yaml:4: policies: \"search\" is not used by any rule; use it in a rule",
                "limits.yaml:8: rules[0] counts clients by api_key, which they choose, so a client can have a new limit "
                    + "for each request; list the keys in api_keys.file, or add a policy with count: address",
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
        "one address with 150,000 invented keys in 150 seconds gets what the address policy allows",
        arguments: ["limits.example.yaml", "Sources/Rules/samples.yaml"])
    func inventedKeys(file: String) throws {
        let (rulebook, _) = try Rulebook.load(path: Repository.path(file))
        let quota = try #require(rulebook.policies.first { $0.name == "per_address" }).quota
        var store = MemoryStore()
        var admitted: Int64 = 0
        var request = SampleRequest(method: "GET", target: "/api/data", address: "203.0.113.9")
        for number in 0..<150_000 {
            request["HTTP_X_API_KEY"] = "invented-\(number)"
            guard case .limited(let charge, _) = rulebook.match(for: request) else { break }
            if store.charge(charge, now: Microseconds(number) * 1_000).isAllowed { admitted += 1 }
        }
        // A full bucket, and what it gained in 150 seconds.
        #expect((quota.limit...quota.limit * 7 / 2).contains(admitted), "\(admitted)")
    }

    @Test(
        "without a rules file, the three sample endpoints are limited",
        arguments: [
            ("GET", "/api/data", "data 1 address=203.0.113.9, per_address 1 address=203.0.113.9"),
            ("HEAD", "/api/data", "data 1 address=203.0.113.9, per_address 1 address=203.0.113.9"),
            ("GET", "/api/search?q=x", "search 1 address=203.0.113.9, per_address 1 address=203.0.113.9"),
            ("POST", "/api/upload", "upload 1 address=203.0.113.9, per_address 1 address=203.0.113.9"),
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
        let quotas = Rulebook.samples.policies.prefix(3).map(\.quota)
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
