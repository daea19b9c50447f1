import Limiters

/// How identities name secrets, such as API keys and cookies, so that stores, logs and the dashboard never contain them.
///
/// A secret is named by its fingerprint: `sha256:` or `hmac:` and 32 hexadecimal digits. Limiters that share a store must
/// compute the same fingerprints, or each counts a client separately.
struct Fingerprints: Sendable {
    /// The key of an HMAC; `nil` for a plain SHA-256, with which anybody who has a fingerprint can test guesses.
    var key: [UInt8]?
    /// The labels of sources that clients choose although their values are not secret.
    var publicLabels: Set<String> = []

    /// 128 bits: too many to find a second secret with the same fingerprint.
    private static let digitCount = 32

    /// How identities name a value of `source`: by its fingerprint if the value may be secret, otherwise by the value itself.
    func name(of value: Bytes, from source: Source) -> Bytes {
        guard isSecret(source) else { return value }
        let digits = key.map { HMAC.sha256Digits(of: Array(value), key: $0) } ?? SHA256.hexDigest(of: Array(value))
        return (prefix + digits.prefix(Self.digitCount))[...]
    }

    /// The fingerprint of the secret with this SHA-256, in hexadecimal digits; `nil` if fingerprints have a key.
    func name(ofDigest digest: Bytes) -> Bytes? {
        key == nil ? (prefix + digest.prefix(Self.digitCount))[...] : nil
    }

    /// Whether a value of `source` is a fingerprint in place of the secret itself.
    func isName(_ value: Bytes, from source: Source) -> Bool {
        guard isSecret(source), value.starts(with: prefix) else { return false }
        let digits = value.dropFirst(prefix.count)
        return digits.count == Self.digitCount
            && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private var prefix: [UInt8] { Array((key == nil ? "sha256:" : "hmac:").utf8) }

    private func isSecret(_ source: Source) -> Bool {
        (source.kind == .apiKey || source.isChosenByClients)
            && (publicLabels.isEmpty || !publicLabels.contains(source.label))
    }
}
