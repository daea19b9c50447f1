public import Limiters

/// The overrides in a store, as they were at one time.
public struct OverrideList: Sendable {
    /// The overrides in force.
    public let overrides: [Override]
    /// The store's clock when they were read.
    public let now: Microseconds
    /// The version of their text.
    let version: Int64

    /// The most overrides that a store holds.
    public static let capacity = 10_000
    /// The most bytes of their text.
    private static let mostBytes = 4 << 20
    /// How long a store keeps the text after the last override has ended, so that its version grows.
    static let slack: Microseconds = 60_000_000

    /// The overrides in a text, without those that have ended; lines of another form are skipped.
    init(_ text: SharedText) {
        overrides = (text.bytes ?? []).split(separator: UInt8(ascii: "\n")).compactMap(Override.init(line:))
            .filter { [now = text.now] in $0.until > now }
        now = text.now
        version = text.version
    }

    /// The text of these overrides; `nil` if they are too many for a store.
    static func text(_ overrides: [Override]) -> [UInt8]? {
        let text = Array(overrides.map(\.line).joined(separator: "\n").utf8)
        return overrides.count <= capacity && text.count <= mostBytes ? text : nil
    }
}

extension Store {
    /// The overrides in force.
    ///
    /// - Throws: ``StoreError`` when the store does not answer.
    public func overrides() throws(StoreError) -> OverrideList {
        OverrideList(try sharedText(.overrides, known: 0))
    }

    /// Puts an override in force, in place of the one that it replaces.
    ///
    /// - Parameter draft: the override, whose times count from the moment at which it comes into force.
    /// - Returns: the override with its times by the store's clock, and the one that it replaced.
    /// - Throws: ``StoreError`` when the store does not answer, or has no room for another override.
    public func put(_ draft: Override) throws(StoreError) -> OverrideChange {
        try changeOverrides { overrides, now in
            let made = draft.shifted(by: now)
            let replaced = overrides.first { made.replaces($0) }
            overrides.removeAll { made.replaces($0) }
            overrides.append(made)
            return OverrideChange(made: made, removed: replaced.map { [$0] } ?? [])
        }
    }

    /// Ends the overrides that meet a condition.
    ///
    /// - Returns: the ended overrides.
    /// - Throws: ``StoreError`` when the store does not answer.
    public func removeOverrides(where isMet: (Override) -> Bool) throws(StoreError) -> OverrideChange {
        try changeOverrides { overrides, _ in
            let removed = overrides.filter(isMet)
            overrides.removeAll(where: isMet)
            return OverrideChange(made: nil, removed: removed)
        }
    }

    private func changeOverrides(
        _ change: (inout [Override], Microseconds) -> OverrideChange
    ) throws(StoreError) -> OverrideChange {
        var text = try sharedText(.overrides, known: 0)
        // Somebody else may change the overrides at the same time.
        for _ in 0..<100 {
            var overrides = OverrideList(text).overrides
            let result = change(&overrides, text.now)
            guard let bytes = OverrideList.text(overrides) else {
                throw StoreError(
                    .full, "the store is full of overrides: remove some with fcgi-limiter override remove")
            }
            let end = overrides.map(\.until).max() ?? text.now
            let answer = try replaceSharedText(
                .overrides, known: text.version, by: bytes, until: end + OverrideList.slack)
            guard answer.bytes != nil else { return result }
            text = answer
        }
        throw StoreError(.refused, "the overrides are changing all the time: try again")
    }
}

/// What a change of the overrides did.
public struct OverrideChange: Sendable {
    /// The override that came into force.
    public let made: Override?
    /// The overrides that ended.
    public let removed: [Override]
}
