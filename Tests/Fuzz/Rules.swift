import Rules

/// A rules file: every mistake is an error of one line, and rules that pass can be asked.
func fuzzRules(_ input: [UInt8]) {
    do throws(RulesError) {
        let (rulebook, warnings) = try Rulebook.parse(input, file: "limits.yaml")
        for warning in warnings { precondition(!"\(warning)".contains("\n")) }
        for request in SampleVariables.all { _ = rulebook.match(for: request) }
    } catch {
        precondition(!"\(error)".contains("\n"), "an error of several lines")
    }
}

/// Requests that use every source of a rule.
struct SampleVariables: CGIVariables {
    let values: [[UInt8]: ArraySlice<UInt8>]

    func bytes(of name: [UInt8]) -> ArraySlice<UInt8>? { values[name] }

    init(_ values: KeyValuePairs<String, [UInt8]>) {
        self.values = Dictionary(uniqueKeysWithValues: values.map { (Array($0.key.utf8), $0.value[...]) })
    }

    init(_ target: [UInt8], cookie: [UInt8] = [], host: [UInt8] = [], address: [UInt8] = [], chain: [UInt8] = []) {
        self.init([
            "REQUEST_METHOD": Array("GET".utf8), "REQUEST_URI": target,
            "QUERY_STRING": target.split(separator: UInt8(ascii: "?"), maxSplits: 1).dropFirst().first.map(Array.init)
                ?? [],
            "HTTP_COOKIE": cookie, "HTTP_HOST": host, "SERVER_NAME": host, "REMOTE_ADDR": address,
            "HTTP_X_FORWARDED_FOR": chain, "HTTP_X_API_KEY": cookie, "HTTP_FORWARDED": chain, "REMOTE_USER": cookie,
        ])
    }

    static let all = [
        SampleVariables(Array("/api/search?q=x".utf8), address: Array("192.0.2.1".utf8)),
        SampleVariables(
            Array("/a/%62//../c;x=1?k=%41&k=2".utf8), cookie: Array("a=b; session=x".utf8),
            host: Array("Example.COM:8080".utf8), address: Array("2001:db8::1".utf8), chain: Array("192.0.2.7".utf8)),
        SampleVariables([]),
    ]
}
