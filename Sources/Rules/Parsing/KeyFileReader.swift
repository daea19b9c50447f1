import TextFormats

/// Reads a file of API keys.
///
/// Each line has a key, or `sha256:` and its digest in 64 hexadecimal digits, and optionally the client's plan after a
/// space. Empty lines and lines that begin with `#` are ignored.
struct KeyFileReader {
    private(set) var keys = KeyList()
    private(set) var warnings: [RulesWarning] = []

    private let plans: Set<String>
    private let path: String

    /// Reads a key file.
    ///
    /// - Parameters:
    ///   - field: the file's name, relative to the folder of the rules file.
    ///   - plans: the plans of all policies.
    /// - Throws: ``RulesError``: the first mistake in the file.
    init(_ field: Field, plans: Set<String>) throws(RulesError) {
        self.plans = plans
        let name = try field.text("keys.txt")
        let folder = field.file.lastIndex(of: "/").map { field.file[...$0] } ?? ""
        let path = name.hasPrefix("/") ? name : folder + name
        self.path = path
        let file = try field.parsed("keys.txt") { _ throws(ParseError) in try TextFile(path: path) }
        for (index, line) in file.bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            try read(line, index + 1)
        }
        guard !keys.isEmpty else { throw field.error("contains no key; write one key per line", value: name) }
        if file.isWorldReadable, keys.hasPlainKeys {
            let remedy = "run chmod o= on it, or list sha256:DIGEST in place of each key"
            warnings.append(field.warning("can be read by every user of this machine; \(remedy)", value: name))
        }
    }

    private mutating func read(_ line: Bytes, _ number: Int) throws(RulesError) {
        let words = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        guard let key = words.first, key.first != UInt8(ascii: "#") else { return }
        guard words.count < 3 else {
            // The key itself stays out of messages, which end up in logs.
            throw error(number, "the line has more than a key and a plan; write one key per line")
        }
        let plan = words.count == 2 ? words[1] : nil
        if let plan {
            let text = String(decoding: plan, as: UTF8.self)
            guard plans.contains(text) else {
                let known = plans.sorted()
                let remedy =
                    known.isEmpty
                    ? "give a policy plans" : "write " + (nearest(to: text, among: known) ?? alternatives(known))
                throw error(number, "is not a plan of any policy; \(remedy)", value: text)
            }
        }
        let isNew: Bool
        if key.starts(with: "sha256:".utf8) {
            guard let digest = key.digest else {
                throw error(number, "the digest is not a SHA-256; write sha256: and 64 hexadecimal digits")
            }
            isNew = keys.add(digest: digest, plan: plan)
        } else {
            isNew = keys.add(Array(key)[...], plan: plan.map { Array($0)[...] })
        }
        guard isNew else { throw error(number, "the key is already in this file; remove one of the two") }
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
