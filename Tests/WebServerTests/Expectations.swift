import Foundation
import Servers
import Testing

/// Expects the answer to a counted and allowed request, with every rate-limit header once.
func expectCounted(
    _ answer: HTTPAnswer, left: Int, policy: String = "data", limit: Int = 10, status: Int = 200,
    at location: SourceLocation = #_sourceLocation
) {
    #expect(answer.status == status, sourceLocation: location)
    #expect(answer["X-RateLimit-Limit"] == "\(limit)", sourceLocation: location)
    #expect(answer["X-RateLimit-Remaining"] == "\(left)", sourceLocation: location)
    #expect(answer["X-RateLimit-Reset"].flatMap { Int($0) } != nil, sourceLocation: location)
    #expect(answer["X-RateLimit-Strategy"] == "sliding_window", sourceLocation: location)
    #expect(answer["RateLimit-Policy"]?.hasPrefix("\"\(policy)\";q=\(limit);w=60") == true, sourceLocation: location)
    #expect(answer["RateLimit"]?.hasPrefix("\"\(policy)\";r=\(left);t=") == true, sourceLocation: location)
    if answer.status != 429 { #expect(answer["Retry-After"] == nil, sourceLocation: location) }
    expectNothingInternal(answer, at: location)
}

/// Expects a refusal: 429 by RFC 6585 and RFC 9457, with every rate-limit header.
func expectRefused(
    _ answer: HTTPAnswer, policy: String = "data", limit: Int = 10, hasBody: Bool = true,
    at location: SourceLocation = #_sourceLocation
) throws {
    expectCounted(answer, left: 0, policy: policy, limit: limit, status: 429, at: location)
    let wait = answer["Retry-After"].flatMap { Int($0) } ?? 0
    #expect((1...60).contains(wait), sourceLocation: location)
    #expect(answer["RateLimit"]?.hasPrefix("\"\(policy)\";r=0;t=\(wait)") == true, sourceLocation: location)
    #expect(answer["Content-Type"] == "application/problem+json", sourceLocation: location)
    #expect(answer["Cache-Control"] == "no-store", sourceLocation: location)
    guard hasBody else { return #expect(answer.body.isEmpty, sourceLocation: location) }
    let problem = try answer.json()
    #expect(
        problem["type"] as? String == "https://iana.org/assignments/http-problem-types#quota-exceeded",
        sourceLocation: location)
    #expect(problem["status"] as? Int == 429, sourceLocation: location)
    #expect(problem["violated-policies"] as? [String] == [policy], sourceLocation: location)
}

/// Expects the answer to a request that no rule counts.
func expectUncounted(_ answer: HTTPAnswer, status: Int = 200, at location: SourceLocation = #_sourceLocation) {
    #expect(answer.status == status, sourceLocation: location)
    let limits = answer.headers.filter { $0.name.lowercased().contains("ratelimit") || $0.name == "Retry-After" }
    #expect(limits.map(\.name) == [], sourceLocation: location)
    expectNothingInternal(answer, at: location)
}

/// Expects no header that only the limiter and the web server exchange.
func expectNothingInternal(_ answer: HTTPAnswer, at location: SourceLocation = #_sourceLocation) {
    let internals = answer.headers.map(\.name).filter { name in
        ["x-limiter", "x-accel", "variable", "fcgi", "status"].contains { name.lowercased().hasPrefix($0) }
    }
    #expect(internals == [], sourceLocation: location)
}

/// Expects the site to have received this request.
func expectEcho(
    _ answer: HTTPAnswer, _ method: String, _ uri: String, length: Int = 0,
    at location: SourceLocation = #_sourceLocation
) throws {
    let echo = try answer.json()
    #expect(echo["method"] as? String == method, sourceLocation: location)
    #expect(echo["uri"] as? String == uri, sourceLocation: location)
    #expect(echo["length"] as? Int == length, sourceLocation: location)
}
