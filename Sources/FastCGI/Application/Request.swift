import Glibc

/// A request as the web server describes it, in CGI variables that may hold any bytes.
public struct Request: Sendable {
    /// What the web server asks for.
    public enum Role: Int32, Sendable {
        /// An answer for the client.
        case responder = 1
        /// A decision whether the client may go on.
        case authorizer = 2
    }

    /// What the application said when it put the request off; `nil` before.
    public internal(set) var ticket: Int?

    /// On the heap, so that a copy of the request costs one reference.
    private let content: Content

    private final class Content: Sendable {
        let role: Role
        let body: [UInt8]?
        let bytes: [UInt8]
        /// Three offsets into `bytes` per variable: of its name, of the `=` after the name, and of the end of its value.
        ///
        /// They fit 32 bits: FastCGI heads have at most 64 KiB, and Linux limits an environment to 6 MiB.
        let offsets: [Int32]

        init(_ role: Role, _ bytes: [UInt8], _ offsets: [Int32], body: [UInt8]?) {
            self.role = role
            self.bytes = bytes
            self.offsets = offsets
            self.body = body
        }
    }

    /// A request with these variables, for tests.
    public init(role: Role = .responder, variables: KeyValuePairs<String, String>) {
        var bytes: [UInt8] = []
        var offsets: [Int32] = []
        for (name, value) in variables {
            offsets.append(Int32(bytes.count))
            bytes += name.utf8
            offsets.append(Int32(bytes.count))
            bytes.append(UInt8(ascii: "="))
            bytes += value.utf8
            offsets.append(Int32(bytes.count))
        }
        content = Content(role, bytes, offsets, body: nil)
    }

    /// A request with the variables of an environment: `NAME=VALUE` strings, then a null pointer.
    init(role: Role, environment: UnsafePointer<UnsafeMutablePointer<CChar>?>, body: [UInt8]? = nil) {
        var offsets: [Int32] = []
        // Room for 32 variables, which is what snippets send and some more.
        offsets.reserveCapacity(3 * 32)
        var total = 0
        var count = 0
        while let text = environment[count] {
            let (start, length) = (total, strlen(text))
            let equals = memchr(text, Int32(UInt8(ascii: "=")), length).map { $0 - UnsafeMutableRawPointer(text) }
            total += length
            count += 1
            offsets.append(Int32(start))
            offsets.append(Int32(start + (equals ?? length)))
            offsets.append(Int32(total))
        }
        let bytes = [UInt8](unsafeUninitializedCapacity: total) { bytes, initialized in
            for index in 0..<count {
                guard let text = environment[index] else { continue }
                let start = Int(offsets[3 * index])
                UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(bytes)[start...])
                    .copyMemory(
                        from: UnsafeRawBufferPointer(start: text, count: Int(offsets[3 * index + 2]) - start))
            }
            initialized = total
        }
        content = Content(role, bytes, offsets, body: body)
    }

    /// The same request with a body.
    init(_ request: Request, body: [UInt8]?) {
        let content = request.content
        self.content = Content(content.role, content.bytes, content.offsets, body: body)
    }

    /// What the web server asks for.
    public var role: Role { content.role }

    /// The body; `nil` if it did not fit 64 KiB together with the variables, or had not arrived when it was not waited for.
    public var body: [UInt8]? { content.body }

    /// The bytes of a variable, for example `request.bytes(of: "REMOTE_ADDR")`; `nil` if it was not sent.
    ///
    /// If a name was sent twice, the first one counts.
    public func bytes(of name: StaticString) -> ArraySlice<UInt8>? {
        find(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    /// The bytes of a variable whose name is only known at run time; `nil` if it was not sent.
    public func bytes(of name: [UInt8]) -> ArraySlice<UInt8>? {
        name.withUnsafeBytes { find($0) }
    }

    /// A variable as text, with U+FFFD for invalid UTF-8; `nil` if it was not sent.
    public func text(of name: StaticString) -> String? {
        bytes(of: name).map { String(decoding: $0, as: UTF8.self) }
    }

    private func find(_ name: UnsafeRawBufferPointer) -> ArraySlice<UInt8>? {
        let range: Range<Int>? = content.bytes.withUnsafeBytes { bytes in
            content.offsets.withUnsafeBufferPointer { offsets in
                var index = 0
                while index < offsets.count {
                    let start = Int(offsets[index])
                    let equals = Int(offsets[index + 1])
                    if equals - start == name.count, let base = bytes.baseAddress, let wanted = name.baseAddress,
                        memcmp(base + start, wanted, name.count) == 0
                    {
                        let end = Int(offsets[index + 2])
                        return min(equals + 1, end)..<end
                    }
                    index += 3
                }
                return nil
            }
        }
        return range.map { content.bytes[$0] }
    }
}
