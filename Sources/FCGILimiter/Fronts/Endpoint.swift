import FastCGI

/// A sample endpoint, which the limiter serves itself.
struct Endpoint: Sendable {
    let path: StaticString
    let method: StaticString
    /// What an admitted request gets.
    let answer: @Sendable (Request) -> [UInt8]

    /// The three sample endpoints.
    static let samples: [Endpoint] = [
        Endpoint(path: "/api/data", method: "GET") { _ in
            Array(#"{"data":[{"id":1,"name":"first"},{"id":2,"name":"second"},{"id":3,"name":"third"}]}"#.utf8) + [0x0A]
        },
        Endpoint(path: "/api/search", method: "GET") { request in
            var body: [UInt8] = []
            body.reserveCapacity(128)
            body.append(text: #"{"query":"#)
            body.append(jsonString: FormText.value(of: "q", in: request.bytes(of: "QUERY_STRING") ?? []))
            body.append(text: ",\"results\":[]}\n")
            return body
        },
        Endpoint(path: "/api/upload", method: "POST") { request in
            var body = Array(#"{"received":"#.utf8)
            body.append(decimal: request.text(of: "CONTENT_LENGTH").flatMap { Int64($0) } ?? 0)
            body.append(text: "}\n")
            return body
        },
    ]

    /// The methods that the endpoint answers, as the header `Allow` has them.
    var allowed: StaticString { method.bytes.elementsEqual("GET".utf8) ? "GET, HEAD" : "POST" }

    /// Whether the endpoint answers this method: its own, and HEAD where that is GET.
    func allows(_ requested: ArraySlice<UInt8>) -> Bool {
        requested.elementsEqual(method.bytes)
            || (requested.elementsEqual("HEAD".utf8) && method.bytes.elementsEqual("GET".utf8))
    }
}

extension StaticString {
    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}
