/// What an operator has decided about a client or a network until a certain time, whatever the rules say.
public struct Override: Sendable, Hashable {
    /// What happens to the requests.
    public enum Effect: Sendable, Hashable {
        /// The requests are refused.
        case ban
        /// The requests pass uncounted.
        case exempt
        /// A policy counts them with this limit, in units per window, instead of its own.
        case limit(Int64, policy: String)

        /// The effect in one word, as stores and the audit trail have it.
        public enum Kind: String, Sendable, CaseIterable {
            /// A ban, an exemption, or another limit.
            case ban, exempt, limit
        }

        /// The effect without its limit.
        public var kind: Kind {
            switch self {
            case .ban: .ban
            case .exempt: .exempt
            case .limit: .limit
            }
        }
    }

    /// Whom the override is about: an identity in its written form, `api_key=alice`, or a network, `203.0.113.0/24`.
    public let client: String
    /// What happens to the client's requests.
    public let effect: Effect
    /// Why, in one line.
    public let reason: String
    /// Who decided.
    public let author: String
    /// When the override was made, by the store's clock.
    public let since: Microseconds
    /// When the override ends, by the store's clock.
    public let until: Microseconds

    /// The longest reason and the longest name of an author, in bytes.
    public static let longestText = 200

    /// An override.
    ///
    /// - Throws: ``OverrideError`` when a text is not valid or the limit is out of range.
    public init(
        client: String, effect: Effect, reason: String, author: String, since: Microseconds, until: Microseconds
    ) throws(OverrideError) {
        for (name, text) in [("client", client), ("reason", reason), ("author", author)] {
            guard (1...Self.longestText).contains(text.utf8.count), text.unicodeScalars.allSatisfy({ $0.isShown })
            else {
                throw OverrideError(
                    description: "the \(name) is not valid: write one line of 1 to \(Self.longestText) bytes")
            }
        }
        if case .limit(let limit, _) = effect, !(1...Quota.largestLimit).contains(limit) {
            throw OverrideError(description: "\(QuotaError.limitOutOfRange(limit))")
        }
        self.init(client, effect, reason, author, since: since, until: until)
    }

    private init(
        _ client: String, _ effect: Effect, _ reason: String, _ author: String, since: Microseconds,
        until: Microseconds
    ) {
        self.client = client
        self.effect = effect
        self.reason = reason
        self.author = author
        self.since = since
        self.until = until
    }

    /// The override with its times later by so much.
    package func shifted(by time: Microseconds) -> Override {
        Override(client, effect, reason, author, since: since + time, until: until + time)
    }

    /// The policy whose limit the override replaces; `nil` for a ban or an exemption.
    public var policy: String? { if case .limit(_, let policy) = effect { policy } else { nil } }

    /// The limit that replaces that of the policy; `nil` for a ban or an exemption.
    public var limit: Int64? { if case .limit(let limit, _) = effect { limit } else { nil } }

    /// Whether this override and `other` cannot both hold: the later one replaces the earlier one.
    public func replaces(_ other: Override) -> Bool { client == other.client && policy == other.policy }
}

/// Why an override is not valid, in one line.
public struct OverrideError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, and what to write instead.
    public let description: String

    /// An error with this text.
    package init(description: String) {
        self.description = description
    }
}

extension Unicode.Scalar {
    /// Whether the scalar is part of one line of text: no control character, and none that reorders a line.
    fileprivate var isShown: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: false
        default: true
        }
    }
}

extension Policy {
    /// The policy with another limit; a bucket that would refill faster than a unit per microsecond gets that rate.
    package func limited(to limit: Int64) -> Policy {
        with(quota.limited(to: limit))
    }
}

extension Quota {
    /// The quota with another limit, which the caller has checked.
    fileprivate func limited(to limit: Int64) -> Quota {
        Quota(unchecked: algorithm == .tokenBucket ? min(limit, window) : limit, window, algorithm)
    }
}
