import FastCGI
import Limiters

/// An endpoint that the limiter serves itself, and the policy that protects it.
struct Endpoint: Sendable {
    let path: StaticString
    let method: StaticString
    let policy: Policy
    /// What an admitted request gets.
    let answer: @Sendable (Request) -> [UInt8]

    /// The three sample endpoints.
    static let samples: [Endpoint] = [
        Endpoint("/api/data", "GET", "data", limit: 10, minutes: 1, .slidingWindow) { _ in
            Array(#"{"data":[{"id":1,"name":"first"},{"id":2,"name":"second"},{"id":3,"name":"third"}]}"#.utf8) + [0x0A]
        },
        Endpoint("/api/search", "GET", "search", limit: 30, minutes: 1, .tokenBucket) { request in
            var body: [UInt8] = []
            body.reserveCapacity(128)
            body.append(text: #"{"query":"#)
            body.append(jsonString: FormText.value(of: "q", in: request.bytes(of: "QUERY_STRING") ?? []))
            body.append(text: ",\"results\":[]}\n")
            return body
        },
        Endpoint("/api/upload", "POST", "upload", limit: 5, minutes: 5, .slidingWindow) { request in
            var body = Array(#"{"received":"#.utf8)
            body.append(decimal: request.text(of: "CONTENT_LENGTH").flatMap { Int64($0) } ?? 0)
            body.append(text: "}\n")
            return body
        },
    ]

    private init(
        _ path: StaticString, _ method: StaticString, _ name: String, limit: Int64, minutes: Int64,
        _ algorithm: Algorithm, answer: @escaping @Sendable (Request) -> [UInt8]
    ) {
        self.path = path
        self.method = method
        self.answer = answer
        do {
            let quota = try Quota(limit: limit, window: minutes * 60_000_000, algorithm: algorithm)
            policy = try Policy(name: name, quota: quota)
        } catch {
            preconditionFailure("a built-in policy is wrong: \(error)")
        }
    }

    /// Whether the endpoint answers this method: its own, and HEAD where that is GET.
    func allows(_ requested: ArraySlice<UInt8>) -> Bool {
        requested.elementsEqual(method.bytes)
            || (requested.elementsEqual("HEAD".utf8) && method.bytes.elementsEqual("GET".utf8))
    }
}

extension StaticString {
    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}
