import TextFormats

/// Reads a file of API keys.
///
/// Each line has a key, or `sha256:` and its digest in 64 hexadecimal digits. The client's plan and `name=LABEL`, the name
/// of the client in stores and reports, may follow after spaces. Empty lines and lines that begin with `#` are ignored.
struct KeyFileReader {
    private(set) var keys = KeyList()
    private(set) var warnings: [RulesWarning] = []

    private static let labelPrefix = Array("name=".utf8)

    private let plans: Set<String>
    private let fingerprints: Fingerprints
    private let path: String

    /// Reads a key file.
    ///
    /// - Parameters:
    ///   - field: the file's name, relative to the folder of the rules file.
    ///   - plans: the plans of all policies.
    ///   - fingerprints: how keys without a label are named.
    /// - Throws: ``RulesError``: the first mistake in the file.
    init(_ field: Field, plans: Set<String>, _ fingerprints: Fingerprints) throws(RulesError) {
        self.plans = plans
        self.fingerprints = fingerprints
        let (file, path) = try field.file("keys.txt")
        self.path = path
        for (index, line) in file.bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            try read(line, index + 1)
        }
        guard !keys.isEmpty else { throw field.error("contains no key; write one key per line", value: field.scalar) }
        if file.isWorldReadable, keys.hasPlainKeys {
            let remedy = "list sha256:DIGEST in place of each key, or let only a group of the limiter's user read it"
            warnings.append(field.warning("can be read by every user of this machine; \(remedy)", value: field.scalar))
        }
    }

    private mutating func read(_ line: Bytes, _ number: Int) throws(RulesError) {
        let words = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        guard let key = words.first, key.first != UInt8(ascii: "#") else { return }
        // Copies, so that the file's text can be freed.
        let rest = words.dropFirst().map { Array($0)[...] }
        let labels = rest.filter { $0.starts(with: Self.labelPrefix) }.map { $0.dropFirst(Self.labelPrefix.count) }
        let plans = rest.filter { !$0.starts(with: Self.labelPrefix) }
        guard plans.count < 2, labels.count < 2 else {
            // The key itself stays out of messages, which end up in logs.
            throw error(number, "the line has more than a key, a plan and a name; write one key per line")
        }
        for plan in plans { try check(plan: String(decoding: plan, as: UTF8.self), number) }
        for label in labels where !Self.isLabel(label) {
            let text = String(decoding: label, as: UTF8.self)
            throw error(
                number, "is not a valid name; write name= and 1 to 64 letters, digits, _, -, . and @", value: text)
        }
        let isNew: Bool
        if key.starts(with: "sha256:".utf8) {
            guard let digest = key.digest else {
                throw error(number, "the digest is not a SHA-256; write sha256: and 64 hexadecimal digits")
            }
            let name = labels.first ?? fingerprints.name(ofDigest: digest)
            isNew = keys.add(digest: digest, KeyList.Entry(name: name, plan: plans.first))
        } else {
            let name = labels.first ?? fingerprints.name(of: Array(key)[...], from: .apiKey)
            isNew = keys.add(Array(key)[...], KeyList.Entry(name: name, plan: plans.first))
        }
        guard isNew else { throw error(number, "the key is already in this file; remove one of the two") }
    }

    private func check(plan: String, _ line: Int) throws(RulesError) {
        guard !plans.contains(plan) else { return }
        let known = plans.sorted()
        let remedy =
            known.isEmpty ? "give a policy plans" : "write " + (nearest(to: plan, among: known) ?? alternatives(known))
        throw error(line, "is not a plan of any policy; \(remedy)", value: plan)
    }

    private static func isLabel(_ text: Bytes) -> Bool {
        (1...64).contains(text.count)
            && text.allSatisfy { byte in
                (0x61...0x7A).contains(lowercased(byte)) || (0x30...0x39).contains(byte) || "_-.@".utf8.contains(byte)
            }
    }

    private func error(_ line: Int, _ message: String, value: String? = nil) -> RulesError {
        RulesError(location: RulesLocation(file: path, line: line, path: ""), value: value, message: message)
    }
}

extension Bytes {
    /// The digest in `sha256:DIGEST`, in small letters; `nil` if it is not 64 hexadecimal digits.
    var digest: Bytes? {
        let digits = dropFirst("sha256:".utf8.count)
        guard digits.count == 64, digits.allSatisfy({ hexadecimalValue($0) != nil }) else { return nil }
        return digits.map { lowercased($0) }[...]
    }
}
