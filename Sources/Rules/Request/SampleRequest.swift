/// A request that is described rather than received: for tests, for explaining rules, for replaying a log.
public struct SampleRequest: CGIVariables, Sendable {
    private var variables: [[UInt8]: ArraySlice<UInt8>] = [:]

    /// A request made of CGI variables.
    public init(_ variables: KeyValuePairs<String, String> = [:]) {
        for (name, value) in variables { self[name] = value }
    }

    /// A request as a client sends it.
    ///
    /// - Parameters:
    ///   - method: `REQUEST_METHOD`.
    ///   - target: `REQUEST_URI`; what follows its first `?` is also `QUERY_STRING`.
    ///   - address: `REMOTE_ADDR`.
    ///   - headers: by name; the values of a repeated header are joined with a comma, as web servers do.
    public init(method: String, target: String, address: String, headers: KeyValuePairs<String, String> = [:]) {
        self["REQUEST_METHOD"] = method
        self["REQUEST_URI"] = target
        self["REMOTE_ADDR"] = address
        let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
        set("QUERY_STRING", to: target.utf8.dropFirst(path.count + 1))
        for (name, value) in headers { addHeader(name, value.utf8) }
    }

    /// Adds a header; a comma joins the value to an earlier one of the same name.
    public mutating func addHeader(_ name: String, _ value: some Sequence<UInt8>) {
        let variable = Variable.header(name)
        let earlier = variables[variable].map { Array($0) + Array(", ".utf8) } ?? []
        variables[variable] = (earlier + Array(value))[...]
    }

    /// A variable as text; setting `nil` removes it.
    public subscript(name: String) -> String? {
        get { variables[Array(name.utf8)].map { String(decoding: $0, as: UTF8.self) } }
        set { variables[Array(name.utf8)] = newValue.map { Array($0.utf8)[...] } }
    }

    /// Sets a variable to bytes that need not be text.
    public mutating func set(_ name: String, to bytes: some Sequence<UInt8>) {
        variables[Array(name.utf8)] = Array(bytes)[...]
    }

    /// The bytes of a variable; `nil` if it is not set.
    public func bytes(of name: [UInt8]) -> ArraySlice<UInt8>? { variables[name] }
}
