import Limiters
import Testing

@testable import FCGILimiter

@Suite("The statuses that counted")
struct CountedStatusesTests {
    @Test("the latest is kept for each key, for the latest thousands of keys")
    func bounds() throws {
        let policy = try Policy(name: "login", quota: Quota(limit: 5, window: 1_000_000, algorithm: .slidingWindow))
        let keys = (0..<10_000).map { Key(Identity("api_key", "\($0)".utf8), policy) }
        let statuses = CountedStatuses()
        for key in keys { statuses[key] = 401 }
        statuses[keys[9_999]] = 403
        #expect(statuses[keys[9_999]] == 403)
        #expect(keys.suffix(4_096).dropLast().allSatisfy { statuses[$0] == 401 })
        #expect(keys.count { statuses[$0] != nil } <= 8_192)
        #expect(statuses[keys[0]] == nil)
    }
}
