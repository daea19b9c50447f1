/// What a limiter gives a web server with a request whose charge may be refunded when it is known how the request ended.
///
/// A receipt has all that the refund takes, so any limiter of the same store can settle it, even after a restart. Its text
/// ends with nothing that a client has chosen freely: keys are printable ASCII without `;`, quotes and spaces.
///
///     fl1:MAC:ISSUER:INDEX:MOMENT:STORE;if401,403:LIMIT:WINDOW:COST:MOMENT:KEY;unb10:LIMIT:WINDOW:COST:MOMENT:KEY;…
public struct Receipt: Sendable {
    /// How old a receipt may be when it is settled.
    public static let maximumAge: Microseconds = 86_400_000_000

    /// A number that no other receipt has.
    public struct Number: Sendable, Hashable {
        /// Who gave the receipt: a random number.
        public let issuer: UInt64
        /// How many receipts the issuer had given before.
        public let index: Int64

        /// The number of the receipt with this index.
        public init(issuer: UInt64, index: Int64) {
            self.issuer = issuer
            self.index = index
        }
    }

    /// A charge that is refunded unless the request counts, and corrected if the answer tells the cost.
    public struct Item: Sendable, Hashable {
        /// What would be given back.
        public let refund: Refund
        /// Which endings count.
        public let condition: CountCondition
        /// What tells the cost; `nil` if the charge was it.
        public let answerCost: AnswerCost?

        /// A charge of one policy.
        public init(_ refund: Refund, _ condition: CountCondition, _ answerCost: AnswerCost? = nil) {
            self.refund = refund
            self.condition = condition
            self.answerCost = answerCost
        }

        /// The units that are due after a request that has ended so.
        func units(_ ending: Ending) -> Int64 {
            condition.counts(status: ending.status) ? answerCost?.units(ending) ?? refund.cost : 0
        }
    }

    /// What is changed when it is known how a request ended.
    public struct Correction: Sendable {
        /// Units that are given back.
        public var refunds: [Refund] = []
        /// Units that are taken, even beyond the limit.
        public var charges: [Charge] = []

        /// No change.
        public init() {}

        /// What `items` change after a request that has ended so.
        public init(_ items: [Item], after ending: Ending) {
            for item in items {
                let missing = item.units(ending) - item.refund.cost
                if missing < 0 { refunds.append(item.refund.part(-missing)) }
                if missing > 0 { charges.append(Charge([Charge.Entry(missing, beyond: item.refund)])) }
            }
        }

        /// The changes of several receipts.
        public static func += (sum: inout Correction, other: Correction) {
            sum.refunds += other.refunds
            sum.charges += other.charges
        }
    }

    /// The receipt's number.
    public let number: Number
    /// When the request was charged, by the store's clock.
    public let moment: Microseconds
    /// Whether the machine's fallback store was charged, instead of the store.
    public let isFallback: Bool
    /// What was charged, at least one item.
    public let items: [Item]

    /// A receipt.
    public init(_ number: Number, moment: Microseconds, isFallback: Bool, items: [Item]) {
        self.number = number
        self.moment = moment
        self.isFallback = isFallback
        self.items = items
    }

    /// The receipt as text in ASCII.
    ///
    /// - Parameter hmac: authenticates the receipt.
    /// - Returns: the text.
    public func text(_ hmac: HMAC) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(64 + 128 * items.count)
        func append(_ text: String) { body.append(contentsOf: text.utf8) }
        append(String(number.issuer, radix: 16))
        append(":")
        append(String(number.index))
        append(":")
        append(String(moment))
        append(isFallback ? ":f" : ":s")
        for item in items {
            let refund = item.refund
            switch item.condition {
            case .ifStatus(let statuses):
                append(";if")
                append(statuses.text)
            case .unlessStatus(let statuses):
                append(";un")
                append(statuses.text)
            }
            if let cost = item.answerCost {
                append(String(cost.source.rawValue))
                append(String(cost.scale))
            }
            for number in [refund.quota.limit, refund.quota.window, refund.cost, refund.moment] {
                append(":")
                append(String(number))
            }
            append(":")
            body.append(contentsOf: refund.key.bytes)
        }
        var text = Array(Self.prefix.utf8)
        text.reserveCapacity(text.count + Self.codeLength + 1 + body.count)
        text.append(contentsOf: Self.code(of: body, hmac))
        text.append(UInt8(ascii: ":"))
        text.append(contentsOf: body)
        return text
    }

    /// The receipt with this text; `nil` unless the text was authenticated with `hmac`.
    public init?(_ text: [UInt8], _ hmac: HMAC) {
        let start = Self.prefix.utf8.count + Self.codeLength
        guard text.count > start + 1, text.starts(with: Self.prefix.utf8), text[start] == UInt8(ascii: ":") else {
            return nil
        }
        let body = Array(text[(start + 1)...])
        guard text[Self.prefix.utf8.count..<start].elementsEqual(Self.code(of: body, hmac)) else { return nil }
        var fields = FieldReader(body[...])
        var head = FieldReader(fields.next(before: UInt8(ascii: ";")))
        guard let issuer = UInt64(String(decoding: head.next(), as: UTF8.self), radix: 16),
            let index = integer(head.next()), let moment = integer(head.next())
        else { return nil }
        var items: [Item] = []
        while !fields.isAtEnd {
            guard let item = Item(fields.next(before: UInt8(ascii: ";"))) else { return nil }
            items.append(item)
        }
        self.init(
            Number(issuer: issuer, index: index), moment: moment, isFallback: head.rest.first == UInt8(ascii: "f"),
            items: items)
    }

    /// Whether a text claims to be a receipt about a fallback store.
    public static func isForFallback(_ text: [UInt8]) -> Bool {
        text.prefix { $0 != UInt8(ascii: ";") }.last == UInt8(ascii: "f")
    }

    /// What the text of every receipt begins with.
    public static let prefix = "fl1:"
    /// 128 bits in hexadecimal digits.
    private static let codeLength = 32

    private static func code(of body: [UInt8], _ hmac: HMAC) -> ArraySlice<UInt8> {
        hmac.hexDigits(of: body).prefix(codeLength)
    }
}

extension Receipt.Item {
    fileprivate init?(_ text: ArraySlice<UInt8>) {
        var fields = FieldReader(text)
        let written = fields.next()
        let numbers = (0..<4).map { _ in integer(fields.next()) }
        let statusText = written.dropFirst(2).prefix { $0 < UInt8(ascii: "a") }
        var answerCost: AnswerCost?
        if let letter = written[statusText.endIndex...].first {
            guard let source = AnswerCost.Source(rawValue: Character(Unicode.Scalar(letter))),
                let scale = integer(written[(statusText.endIndex + 1)...]), scale > 0
            else { return nil }
            answerCost = AnswerCost(source, scale: scale)
        }
        guard let statuses = StatusSet(Substring(decoding: statusText, as: UTF8.self)), let limit = numbers[0],
            let window = numbers[1], let cost = numbers[2], let moment = numbers[3]
        else { return nil }
        let key = fields.rest
        let algorithm: Algorithm = key.starts(with: "bucket".utf8) ? .tokenBucket : .slidingWindow
        guard let quota = try? Quota(limit: limit, window: window, algorithm: algorithm), cost > 0 else { return nil }
        self.init(
            Refund(Key(bytes: Array(key)), quota, cost: cost, moment: moment),
            written.starts(with: "if".utf8) ? .ifStatus(statuses) : .unlessStatus(statuses), answerCost)
    }
}

/// Takes a text apart from front to back.
private struct FieldReader {
    /// What has not been taken.
    private(set) var rest: ArraySlice<UInt8>

    init(_ text: ArraySlice<UInt8>) {
        rest = text
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// Takes what is before the next separator, or all that is left.
    mutating func next(before separator: UInt8 = UInt8(ascii: ":")) -> ArraySlice<UInt8> {
        let end = rest.firstIndex(of: separator) ?? rest.endIndex
        defer { rest = rest[end...].dropFirst() }
        return rest[..<end]
    }
}

/// The integer with these decimal digits; `nil` for other text.
private func integer(_ digits: ArraySlice<UInt8>) -> Int64? { Int64(String(decoding: digits, as: UTF8.self)) }
