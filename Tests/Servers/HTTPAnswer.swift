import Foundation

/// One answer of a web server.
public struct HTTPAnswer: Sendable {
    /// The status code.
    public let status: Int
    /// Names and values in their original order.
    public let headers: [(name: String, value: String)]
    /// The body.
    public let body: [UInt8]

    /// The value of a header; `nil` if it is missing or repeated.
    public subscript(_ name: String) -> String? {
        let values = headers.filter { $0.name.lowercased() == name.lowercased() }
        return values.count == 1 ? values[0].value : nil
    }

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as a JSON object.
    ///
    /// - Throws: an error of `JSONSerialization`, or ``ServerError`` when the body is not an object.
    public func json() throws -> [String: Any] {
        guard let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else {
            throw ServerError("no JSON object: \(text)")
        }
        return object
    }
}
