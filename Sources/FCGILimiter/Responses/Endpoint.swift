import FastCGI
import TextFormats

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
            var json = JSONWriter()
            json.appendObject { json in
                json.appendName("query")
                json.append(utf8: URLQuery(request.bytes(of: "QUERY_STRING") ?? []).first("q".utf8) ?? [])
                json.appendName("results")
                json.appendArray { _ in }
            }
            json.endLine()
            return json.bytes
        },
        Endpoint(path: "/api/upload", method: "POST") { request in
            var json = JSONWriter()
            json.appendObject { $0.append("received", request.text(of: "CONTENT_LENGTH").flatMap { Int64($0) } ?? 0) }
            json.endLine()
            return json.bytes
        },
    ]

    /// The methods that the endpoint answers, as the header `Allow` lists them.
    var allowed: StaticString { method.bytes.elementsEqual("GET".utf8) ? "GET, HEAD" : "POST" }

    /// Whether the endpoint answers this method: its own, and HEAD if that is GET.
    func allows(_ requested: ArraySlice<UInt8>) -> Bool {
        requested.elementsEqual(method.bytes)
            || (requested.elementsEqual("HEAD".utf8) && method.bytes.elementsEqual("GET".utf8))
    }
}

extension StaticString {
    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}
