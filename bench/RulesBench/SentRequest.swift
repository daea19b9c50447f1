import Glibc
import Rules

/// A request as the FastCGI module stores it: all variables in one array of bytes, found by comparing names.
struct SentRequest: CGIVariables {
    private var bytes: [UInt8] = []
    private var offsets: [Int32] = []
    private var target: ArraySlice<UInt8>?

    /// A request as nginx sends it, with this many headers; with 0, only the variables that the rules need.
    static func sample(headers: Int, target: String = "/api/data?x=1", key: String? = "alice") -> SentRequest {
        var request = SentRequest()
        if headers > 0 {
            request.add("QUERY_STRING", "x=1")
            request.add("REQUEST_METHOD", "GET")
            for name in ["CONTENT_TYPE", "CONTENT_LENGTH"] { request.add(name, "") }
            request.add("SCRIPT_NAME", "/api/data")
            request.add("REQUEST_URI", target)
            for name in ["DOCUMENT_URI", "DOCUMENT_ROOT", "SERVER_PROTOCOL", "REQUEST_SCHEME", "GATEWAY_INTERFACE"] {
                request.add(name, "value")
            }
            for name in ["SERVER_SOFTWARE", "REMOTE_PORT", "SERVER_ADDR", "SERVER_PORT", "SERVER_NAME"] {
                request.add(name, "value")
            }
            for index in 2..<headers { request.add("HTTP_HEADER_\(index)", "value of header \(index)") }
            request.add("HTTP_HOST", "example.com")
        } else {
            request.add("REQUEST_METHOD", "GET")
            request.add("REQUEST_URI", target)
        }
        request.add("REMOTE_ADDR", "203.0.113.9")
        if let key { request.add("HTTP_X_API_KEY", key) }
        return request
    }

    /// The same request for another target.
    ///
    /// The rest is shared. A request that has just arrived is in the processor's first cache; 10,000 complete ones prepared
    /// beforehand would not be, and would evict the rules from it.
    func with(target: String) -> SentRequest {
        var request = self
        request.target = Array(target.utf8)[...]
        return request
    }

    private mutating func add(_ name: String, _ value: String) {
        offsets.append(Int32(bytes.count))
        bytes += name.utf8
        offsets.append(Int32(bytes.count))
        bytes += value.utf8
        offsets.append(Int32(bytes.count))
    }

    func bytes(of name: [UInt8]) -> ArraySlice<UInt8>? {
        if let target, name.count == 11, name.elementsEqual("REQUEST_URI".utf8) { return target }
        let range: Range<Int>? = bytes.withUnsafeBytes { bytes in
            var index = 0
            while index < offsets.count {
                let (start, value) = (Int(offsets[index]), Int(offsets[index + 1]))
                if value - start == name.count, let base = bytes.baseAddress,
                    memcmp(base + start, name, name.count) == 0
                {
                    return value..<Int(offsets[index + 2])
                }
                index += 3
            }
            return nil
        }
        return range.map { bytes[$0] }
    }
}
