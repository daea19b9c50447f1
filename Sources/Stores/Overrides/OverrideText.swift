public import Limiters
import TextFormats

/// The form of overrides in a store: one line each, with the fields of a query.
///
///     client=api_key%3Dalice&effect=ban&reason=scraper&author=root&since=1795750000000000&until=1795750600000000
extension Override {
    /// The override as a line of text.
    public var line: String {
        URLQuery.text([
            ("client", client), ("effect", effect.kind.rawValue), ("policy", policy), ("limit", limit.map(String.init)),
            ("reason", reason), ("author", author), ("since", "\(since)"), ("until", "\(until)"),
        ])
    }

    /// The override in a line of text; `nil` if the line has another form.
    public init?(line: some Collection<UInt8>) {
        let fields = URLQuery(Array(line)[...]).dictionary
        let effect: Effect? =
            switch fields["effect"].flatMap(Effect.Kind.init) {
            case .ban: .ban
            case .exempt: .exempt
            case .limit: fields["limit"].flatMap { Int64($0) }.map { .limit($0, policy: fields["policy"] ?? "") }
            case nil: nil
            }
        guard let effect, let since = fields["since"].flatMap({ Int64($0) }),
            let until = fields["until"].flatMap({ Int64($0) }),
            let override = try? Override(
                client: fields["client"] ?? "", effect: effect, reason: fields["reason"] ?? "",
                author: fields["author"] ?? "", since: since, until: until)
        else { return nil }
        self = override
    }

    /// What happens to the client's requests: `banned`, `exempt`, or `data limited to 100`.
    public var effectText: String {
        switch effect {
        case .ban: "banned"
        case .exempt: "exempt"
        case .limit(let limit, let policy): "\(policy) limited to \(limit)"
        }
    }

    /// The override in one line: `api_key=alice: banned until 2026-11-27T05:10:00Z by root: scraper`.
    public var summary: String { "\(client): \(effectText) until \(untilText) by \(author): \(reason)" }

    /// When the override ends: `2026-11-27T05:10:00Z`.
    public var untilText: String { UTCTime(microseconds: until - until % 1_000_000).iso8601 }
}
