import Rules
import TextFormats

/// Rules that look at every part of a request that a client chooses.
enum Fuzzed {
    static let rulebook: Rulebook = {
        let rules = """
            trusted_proxies: [192.0.2.0/24, "2001:db8::/32"]
            proxy_header: Forwarded
            ignore_in_paths: [case, parameters, index.php]
            fingerprints: { except: [api_key] }
            policies:
              p: { limit: 5 per minute }
            rules:
              - { match: { path: /api/**, host: "*.example.com", query: { format: csv } }, count: query k, policies: [p] }
              - { match: { path: /*/b, header: { User-Agent: "*bot*" } }, count: cookie session, policies: [p] }
              - { match: { path_regex: "^/[a-z]{2,}" }, count: api_key and address, policies: [p] }
              - { count: api_key or user or address, policies: [p] }
            """
        do {
            return try Rulebook.parse(Array(rules.utf8), file: "fuzz.yaml").0
        } catch {
            preconditionFailure("\(error)")
        }
    }()
}

/// A request target with its query, and the other texts that a client chooses, separated by line ends.
func fuzzQuery(_ input: [UInt8]) {
    let query = URLQuery(input[...])
    let fields = query.map { ($0.name, $0.value) }
    precondition(fields.count <= input.count)
    precondition(query.dictionary.count <= fields.count)
    if let field = fields.first, let name = String(validating: field.0, as: UTF8.self) {
        precondition(query.first(name.utf8) == field.1)
    }
    // What is encoded again is decoded to the same.
    let text = String(decoding: input, as: UTF8.self)
    let again = URLQuery(Array(URLQuery.text([("a", text)]).utf8)[...])
    precondition(again.first("a".utf8).map(Array.init) == Array(text.utf8))

    let lines = input.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    func line(_ index: Int) -> [UInt8] { lines.indices.contains(index) ? lines[index] : [] }
    _ = Fuzzed.rulebook.match(
        for:
            SampleVariables(line(0), cookie: line(1), host: line(2), address: line(3), chain: line(4)))
}
