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

    /// The receipt as text in ASCII, authenticated with a secret.
    public func text(secret: [UInt8]) -> [UInt8] {
        var body = String(number.issuer, radix: 16) + ":\(number.index):\(moment):" + (isFallback ? "f" : "s")
        for item in items {
            let refund = item.refund
            switch item.condition {
            case .ifStatus(let statuses): body += ";if\(statuses.text)"
            case .unlessStatus(let statuses): body += ";un\(statuses.text)"
            }
            if let cost = item.answerCost { body += "\(cost.source.rawValue)\(cost.scale)" }
            body += ":\(refund.quota.limit):\(refund.quota.window):\(refund.cost):\(refund.moment):"
            body += String(decoding: refund.key.bytes, as: UTF8.self)
        }
        let bytes = Array(body.utf8)
        return Array(Self.prefix.utf8) + Self.code(of: bytes, secret) + [UInt8(ascii: ":")] + bytes
    }

    /// The receipt with this text; `nil` unless the text was made with `secret`.
    public init?(_ text: [UInt8], secret: [UInt8]) {
        let start = Self.prefix.utf8.count + Self.codeLength
        guard text.count > start + 1, text.starts(with: Self.prefix.utf8), text[start] == UInt8(ascii: ":") else {
            return nil
        }
        let body = Array(text[(start + 1)...])
        guard text[Self.prefix.utf8.count..<start].elementsEqual(Self.code(of: body, secret)) else { return nil }
        let parts = String(decoding: body, as: UTF8.self).split(separator: ";")
        let head = parts[0].split(separator: ":")
        guard head.count == 4, let issuer = UInt64(head[0], radix: 16), let index = Int64(head[1]),
            let moment = Microseconds(head[2])
        else { return nil }
        var items: [Item] = []
        for part in parts.dropFirst() {
            guard let item = Item(part) else { return nil }
            items.append(item)
        }
        self.init(
            Number(issuer: issuer, index: index), moment: moment, isFallback: head[3] == "f", items: items)
    }

    /// Whether a text claims to be a receipt about a fallback store.
    public static func isForFallback(_ text: [UInt8]) -> Bool {
        text.prefix { $0 != UInt8(ascii: ";") }.last == UInt8(ascii: "f")
    }

    /// What the text of every receipt begins with.
    public static let prefix = "fl1:"
    /// 128 bits in hexadecimal digits.
    private static let codeLength = 32

    private static func code(of body: [UInt8], _ secret: [UInt8]) -> ArraySlice<UInt8> {
        HMAC.sha256Digits(of: body, key: secret).prefix(codeLength)
    }
}

extension Receipt.Item {
    fileprivate init?(_ text: Substring) {
        let fields = text.split(separator: ":", maxSplits: 5)
        guard fields.count == 6 else { return nil }
        let written = fields[0].dropFirst(2)
        let statusText = written.prefix { !$0.isLetter }
        var answerCost: AnswerCost?
        if let letter = written.dropFirst(statusText.count).first {
            guard let source = AnswerCost.Source(rawValue: letter),
                let scale = Int64(written.dropFirst(statusText.count + 1)), scale > 0
            else { return nil }
            answerCost = AnswerCost(source, scale: scale)
        }
        guard let statuses = StatusSet(statusText), let limit = Int64(fields[1]),
            let window = Microseconds(fields[2]), let cost = Int64(fields[3]), let moment = Microseconds(fields[4])
        else { return nil }
        let algorithm: Algorithm = fields[5].hasPrefix("bucket") ? .tokenBucket : .slidingWindow
        guard let quota = try? Quota(limit: limit, window: window, algorithm: algorithm), cost > 0 else { return nil }
        self.init(
            Refund(Key(bytes: Array(fields[5].utf8)), quota, cost: cost, moment: moment),
            fields[0].hasPrefix("if") ? .ifStatus(statuses) : .unlessStatus(statuses), answerCost)
    }
}
