public import Limiters

/// A secret that all users of a store share, made when it is first needed.
public struct SharedSecret: Sendable {
    private let name: SharedText.Name
    private let lifetime: Microseconds
    private var version: Int64 = 0
    /// What the secret authenticates with; `nil` before it is read.
    public private(set) var hmac: HMAC?

    /// A secret that is not read yet.
    ///
    /// - Parameters:
    ///   - name: the text that holds it.
    ///   - lifetime: how long after it was made the store may replace it.
    public init(_ name: SharedText.Name, lifetime: Microseconds) {
        self.name = name
        self.lifetime = lifetime
    }

    /// Reads the secret, or makes another one if the store has none.
    ///
    /// - Returns: what it authenticates with.
    /// - Throws: ``StoreError``.
    @discardableResult
    public mutating func read(from store: any Store) throws(StoreError) -> HMAC {
        var text = try store.sharedText(name, known: version)
        if text.version == 0 {
            var random = SystemRandomNumberGenerator()
            let bytes = Array((0..<4).map { _ in String(random.next(), radix: 16) }.joined().utf8)
            text = try store.replaceSharedText(name, known: 0, by: bytes, until: text.now + lifetime)
            hmac = HMAC(key: bytes)
        }
        version = text.version
        if let read = text.bytes { hmac = HMAC(key: read) }
        guard let hmac else { throw StoreError(.damaged, "the store has a secret without its text") }
        return hmac
    }
}
