import CHiredis
import Limiters

@testable import Stores

/// Replies of Redis, as bytes of the protocol: whatever they are, decisions are in range and errors are one line.
///
/// Not tried are lists of more than 999,999 elements: hiredis 0.14 reserves memory for as many as a reply announces.
func fuzzReplies(_ input: [UInt8]) {
    let lengths = input.split(separator: UInt8(ascii: "*")).map { $0.prefix { (0x30...0x39).contains($0) }.count }
    guard lengths.allSatisfy({ $0 < 7 }) else { return }
    guard let reader = redisReaderCreate() else { return }
    defer { redisReaderFree(reader) }
    input.withUnsafeBytes {
        _ = redisReaderFeed(reader, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
    }
    while true {
        var raw: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &raw) == REDIS_OK, let raw else { return }
        judge(RedisReply(raw.assumingMemoryBound(to: redisReply.self)))
    }
}

private func judge(_ reply: borrowing RedisReply) {
    let value = reply.value
    var map = ClusterMap(sample.location, deadlines: RedisDeadlines())
    map.update(by: value, from: map.nodes[0])
    _ = map.owner(of: 7)
    if let text = reply.errorText {
        let action = ReplyAction.to(text)
        _ = action.error(text, from: "redis", remedy: "")
        _ = ClusterMap.endpoint(inRedirection: text, from: map.nodes[0])
    }
    var numbers = reply.numbers[...]
    guard numbers.count == 7 else { return }
    let now = numbers.removeFirst()
    for decision in Verdict(on: sample.charge, numbers: &numbers, now: now).decisions {
        precondition((0...decision.limit).contains(decision.remaining))
        precondition(decision.resetAfter >= 0 && decision.retryAfter ?? 0 >= 0)
    }
}

private let sample: (charge: Charge, location: ClusterLocation) = {
    do {
        let quotas = try Algorithm.allCases.map { try Quota(limit: 10, window: 60_000_000, algorithm: $0) }
        let policies = try quotas.map { try Policy(name: "p", quota: $0) }
        guard case .cluster(let location) = try StoreLocation("redis+cluster://127.0.0.1:6379") else { fatalError() }
        return (Charge(policies.map { .init($0, for: .everyone) }), location)
    } catch {
        preconditionFailure("\(error)")
    }
}()
