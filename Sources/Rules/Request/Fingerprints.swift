import Limiters

/// How identities name secrets, such as API keys and cookies, so that stores, logs and the dashboard never contain them.
///
/// A secret is named by its fingerprint: `sha256:` or `hmac:` and 32 hexadecimal digits. Limiters that share a store must
/// compute the same fingerprints, or each counts a client separately.
struct Fingerprints: Sendable {
    /// An HMAC with the site's secret; `nil` for a plain SHA-256, with which anybody who has a fingerprint can test guesses.
    var hmac: HMAC?
    /// The labels of sources that clients choose although their values are not secret.
    var publicLabels: Set<String> = []

    /// 128 bits: too many to find a second secret with the same fingerprint.
    private static let digitCount = 32

    /// How identities name a value of `source`: by its fingerprint if the value may be secret, otherwise by the value itself.
    func name(of value: Bytes, from source: Source) -> Bytes {
        guard isSecret(source) else { return value }
        let value = Array(value)
        return name(hmac?.hexDigits(of: value) ?? SHA256.hexDigest(of: value))
    }

    /// The fingerprint of the secret with this SHA-256, in hexadecimal digits; `nil` if fingerprints have a key.
    func name(ofDigest digest: Bytes) -> Bytes? {
        hmac == nil ? name(Array(digest)) : nil
    }

    /// Whether a value of `source` is a fingerprint in place of the secret itself.
    func isName(_ value: Bytes, from source: Source) -> Bool {
        let start = prefix
        guard isSecret(source), value.starts(with: start) else { return false }
        let digits = value.dropFirst(start.count)
        return digits.count == Self.digitCount
            && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private func name(_ digits: [UInt8]) -> Bytes {
        var name: [UInt8] = []
        name.reserveCapacity(prefix.count + Self.digitCount)
        name.append(contentsOf: prefix)
        name.append(contentsOf: digits.prefix(Self.digitCount))
        return name[...]
    }

    private var prefix: String.UTF8View { (hmac == nil ? "sha256:" : "hmac:").utf8 }

    private func isSecret(_ source: Source) -> Bool {
        (source.kind == .apiKey || source.isChosenByClients)
            && (publicLabels.isEmpty || !publicLabels.contains(source.label))
    }
}
