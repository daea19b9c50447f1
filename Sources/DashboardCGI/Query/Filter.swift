import FastCGI
import TextFormats

/// What a page was asked to show, as it stands in its address.
struct Filter: Sendable {
    let range: TimeRange
    let endpoint: String?
    let policy: String?
    /// An identity as it is written: `api_key=alice`.
    let client: String?
    /// Only events that come behind this one in the list.
    let before: EventCursor?

    /// The range where nobody names one.
    static let defaultSpan = TimeRange.Span.hour

    /// Reads a query.
    ///
    /// - Throws: ``Problem`` that says which field is wrong and what may be written.
    init(_ query: ArraySlice<UInt8>, now: Moment) throws(Problem) {
        let fields = URLQuery(query).dictionary.filter { !$0.value.isEmpty }
        endpoint = fields["endpoint"]
        policy = fields["policy"]
        client = fields["client"]
        before = try fields["before"].map { text throws(Problem) in
            guard let place = EventCursor(text) else {
                throw Problem(.malformed, "before=\(text) is no event's place.", "Follow a link of the events page.")
            }
            return place
        }
        range = try Self.range(fields, now)
    }

    private static func range(_ fields: [String: String], _ now: Moment) throws(Problem) -> TimeRange {
        func moment(_ name: String) throws(Problem) -> Moment? {
            guard let text = fields[name] else { return nil }
            guard let moment = Moment(text) else {
                throw Problem(
                    .malformed, "\(name)=\(text) is no time.",
                    "Write it in UTC as 2026-11-24T05:43, or in seconds since 1970.")
            }
            return moment
        }
        let (from, to) = (try moment("from"), try moment("to"))
        if from != nil || to != nil {
            guard let from else {
                throw Problem(.malformed, "to= stands without from=.", "Write where the range begins, too.")
            }
            let end = to ?? now.adding(1)
            guard from < end else {
                throw Problem(.malformed, "The range ends before it begins.", "Write an earlier from= or a later to=.")
            }
            guard end.seconds - from.seconds <= 366 * 86_400 else {
                throw Problem(.malformed, "The range is longer than a year.", "Write a from= nearer to its to=.")
            }
            return TimeRange(from: from, to: end, now: now)
        }
        guard let text = fields["range"] else { return TimeRange(defaultSpan, now: now) }
        guard let span = TimeRange.Span(rawValue: text) else {
            let known = TimeRange.Span.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(.malformed, "range=\(text) is not known.", "Write one of \(known), or from= and to=.")
        }
        return TimeRange(span, now: now)
    }

    /// The fields of the range, as they stand in an address.
    var rangeFields: [(name: String, value: String?)] {
        if let span = range.span { return [("range", span == Self.defaultSpan ? nil : span.rawValue)] }
        return [("from", range.start.iso), ("to", range.end.iso)]
    }

    /// The fields of what is looked at.
    var subjectFields: [(name: String, value: String?)] {
        [("endpoint", endpoint), ("policy", policy), ("client", client)]
    }

    /// The address of a page or file with the same filter but for these fields.
    func address(_ segment: String, _ changes: [(name: String, value: String?)] = []) -> String {
        let names = Set(changes.map(\.name))
        let kept = (rangeFields + subjectFields).filter { !names.contains($0.name) }
        return Self.address(segment, kept + changes)
    }

    /// The address of a page over another range.
    func address(_ segment: String, over span: TimeRange.Span) -> String {
        Self.address(segment, [("range", span == Self.defaultSpan ? nil : span.rawValue)] + subjectFields)
    }

    private static func address(_ segment: String, _ fields: [(name: String, value: String?)]) -> String {
        let query = URLQuery.text(fields)
        let path = segment.isEmpty ? "./" : segment
        return query.isEmpty ? path : "\(path)?\(query)"
    }
}
