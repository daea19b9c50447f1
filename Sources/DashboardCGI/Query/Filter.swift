import Limiters
import Platform
import TextFormats

/// What to show: the time range, endpoint, policy and client that a query names.
struct Filter: Sendable {
    var range: TimeRange
    let endpoint: String?
    let policy: String?
    /// An identity in its written form: `api_key=alice`.
    let client: String?
    /// How the heaviest senders are listed.
    let ranking: Ranking
    /// The conditions on events.
    let terms: [EventTerm]
    /// Whether events that differ only in their time are listed as one.
    let groupsEvents: Bool
    /// Lists only events that are older than this one.
    let before: EventCursor?

    /// The range if a query names none.
    static let defaultSpan = TimeRange.Span.hour

    /// The filter of an empty query: everything, over the default range.
    init(now: Moment) {
        range = TimeRange(Self.defaultSpan, now: now)
        (endpoint, policy, client, before) = (nil, nil, nil, nil)
        ranking = Ranking()
        (terms, groupsEvents) = ([], false)
    }

    /// Parses a query.
    ///
    /// - Throws: ``Problem`` that names the wrong field and says what to write.
    init(_ query: ArraySlice<UInt8>, now: Moment) throws(Problem) {
        let fields = URLQuery(query).dictionary.filter { !$0.value.isEmpty }
        endpoint = fields["endpoint"]
        policy = fields["policy"]
        client = fields["client"].map(Self.identity)
        ranking = try Ranking(fields)
        terms = try EventTerm.terms(fields["where"] ?? "")
        groupsEvents = fields["group"] == "on"
        before = try fields["before"].map { text throws(Problem) in
            guard let cursor = EventCursor(text) else {
                throw Problem(.malformed, "before=\(text) is not an event.", "Follow a link on the events page.")
            }
            return cursor
        }
        range = try Self.range(fields, now)
    }

    /// The written form of the identity that a text names: as it is written, as pages display it, or an address alone.
    private static func identity(_ text: String) -> String {
        if Identity(written: text) != nil { return text }
        guard let sign = text.firstIndex(of: "=") else {
            return IPAddress(Array(text.utf8)[...]) == nil ? text : "address=" + text
        }
        let identity = Identity(String(text[..<sign]), Array(text[text.index(after: sign)...].utf8))
        return String(decoding: identity.bytes, as: UTF8.self)
    }

    private static func range(_ fields: [String: String], _ now: Moment) throws(Problem) -> TimeRange {
        func moment(_ name: String) throws(Problem) -> Moment? {
            guard let text = fields[name] else { return nil }
            guard let moment = Moment(text) else {
                throw Problem(
                    .malformed, "\(name)=\(text) is not a time.",
                    "Write a time in UTC such as 2026-11-24T05:43, or seconds since 1970.")
            }
            return moment
        }
        let (from, to) = (try moment("from"), try moment("to"))
        if from != nil || to != nil {
            guard let from else {
                throw Problem(.malformed, "to= needs from=.", "Add from= with the start of the range.")
            }
            let end = to ?? now.adding(1)
            guard from < end else {
                throw Problem(
                    .malformed, "The range ends before it begins.", "Write an earlier from= or a later to=.")
            }
            guard end.seconds - from.seconds <= 366 * 86_400 else {
                throw Problem(.malformed, "The range is longer than a year.", "Write a later from= or an earlier to=.")
            }
            return TimeRange(from: from, to: end, now: now)
        }
        guard let text = fields["range"] else { return TimeRange(defaultSpan, now: now) }
        guard let span = TimeRange.Span(rawValue: text) else {
            let known = TimeRange.Span.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(.malformed, "range=\(text) is not a known range.", "Write one of \(known), or from= and to=.")
        }
        return TimeRange(span, now: now)
    }

    /// A field of an address's query; a field without a value is left out.
    typealias Field = (name: String, value: String?)

    /// The fields that name the range.
    var rangeFields: [Field] {
        if let span = range.span { return [("range", span == Self.defaultSpan ? nil : span.rawValue)] }
        return [("from", range.start.iso), ("to", range.end.iso)]
    }

    /// The fields that name what to show.
    var subjectFields: [Field] {
        [("endpoint", endpoint), ("policy", policy), ("client", client)]
    }

    /// The address of a page or file with this filter, except for the given fields.
    func address(_ segment: String, _ changes: [Field] = []) -> String {
        let names = Set(changes.map(\.name))
        let kept = (rangeFields + subjectFields + ownFields(segment)).filter { !names.contains($0.name) }
        return Self.address(segment, kept + changes)
    }

    /// The address of a page over another range.
    func address(_ segment: String, over span: TimeRange.Span) -> String {
        Self.address(
            segment,
            [("range", span == Self.defaultSpan ? nil : span.rawValue)] + subjectFields + ownFields(segment))
    }

    /// The address of the events that also meet this condition.
    func address(adding term: EventTerm) -> String {
        let all = terms.contains(term) ? terms : terms + [term]
        return address("events", [("where", all.map(\.text).joined(separator: " "))])
    }

    /// The fields that only one page and its files have.
    func ownFields(_ segment: String) -> [Field] {
        switch segment.prefix(while: { $0 != "." }) {
        case "top": ranking.fields
        case "events":
            [
                ("where", terms.isEmpty ? nil : terms.map(\.text).joined(separator: " ")),
                ("group", groupsEvents ? "on" : nil),
            ]
        default: []
        }
    }

    /// The address of a page with these fields.
    static func address(_ segment: String, _ fields: [Field]) -> String {
        let query = URLQuery.text(fields)
        let path = segment.isEmpty ? "./" : segment
        return query.isEmpty ? path : "\(path)?\(query)"
    }
}
