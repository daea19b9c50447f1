public import Limiters

/// A secret that all users of a store share, made when it is first needed.
public struct SharedSecret: Sendable {
    private let name: SharedText.Name
    private let lifetime: Microseconds
    private var version: Int64 = 0
    /// The secret; empty before it is read.
    public private(set) var bytes: [UInt8] = []

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
    /// - Throws: ``StoreError``.
    public mutating func read(from store: any Store) throws(StoreError) {
        var text = try store.sharedText(name, known: version)
        if text.version == 0 {
            var random = SystemRandomNumberGenerator()
            bytes = Array((0..<4).map { _ in String(random.next(), radix: 16) }.joined().utf8)
            text = try store.replaceSharedText(name, known: 0, by: bytes, until: text.now + lifetime)
        }
        version = text.version
        if let read = text.bytes { bytes = read }
    }
}
