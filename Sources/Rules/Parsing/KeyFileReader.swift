import TextFormats

/// Reads a file of API keys.
///
/// One key a line, or `sha256:` and its digest in 64 hexadecimal digits; behind it, after a space, the client's plan
/// where it has one. Empty lines and lines that begin with `#` say nothing.
struct KeyFileReader {
    private(set) var keys = KeyList()
    private(set) var warnings: [RulesWarning] = []

    private let plans: Set<String>
    private let path: String

    /// Reads the file that `field` names, relative to the folder of the rules file; `plans` are the plans that there are.
    init(_ field: Field, plans: Set<String>) throws(RulesError) {
        self.plans = plans
        let name = try field.text("keys.txt")
        let folder = field.file.lastIndex(of: "/").map { field.file[...$0] } ?? ""
        path = name.hasPrefix("/") ? name : folder + name
        let file: TextFile
        do throws(TextFile.Failure) {
            file = try TextFile(path: path)
        } catch {
            throw field.error(error.text, value: name)
        }
        var number = 0
        for line in file.bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            try read(line, number)
        }
        guard !keys.isEmpty else { throw field.error("has no key in it; write one key a line", value: name) }
        if file.isOpenToAll, keys.hasPlainKeys {
            let remedy = "run chmod o= on it, or list sha256:HEX in place of each key"
            warnings.append(field.warning("can be read by every user of this machine; \(remedy)", value: name))
        }
    }

    private mutating func read(_ line: Bytes, _ number: Int) throws(RulesError) {
        let words = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        guard let key = words.first, key.first != UInt8(ascii: "#") else { return }
        guard words.count < 3 else {
            // The key itself stays out of messages: they end up in logs.
            throw error(number, "has more than a key and a plan; write one key a line")
        }
        let plan = words.count == 2 ? words[1] : nil
        if let plan {
            let text = String(decoding: plan, as: UTF8.self)
            guard plans.contains(text) else {
                let known = plans.sorted()
                let remedy =
                    known.isEmpty
                    ? "give a policy plans" : "write " + (nearest(to: text, among: known) ?? alternatives(known))
                throw error(number, "is no plan of any policy; \(remedy)", value: text)
            }
        }
        let isNew: Bool
        if key.starts(with: "sha256:".utf8) {
            let digest = Array(key.dropFirst(7)).map { lowercased($0) }[...]
            guard digest.isDigest else {
                throw error(number, "is no SHA-256; write sha256: and 64 hexadecimal digits")
            }
            isNew = keys.add(digest: digest, plan: plan)
        } else {
            isNew = keys.add(Array(key)[...], plan: plan.map { Array($0)[...] })
        }
        guard isNew else { throw error(number, "has a key that stands in this file already; remove one of the two") }
    }

    private func error(_ line: Int, _ message: String, value: String? = nil) -> RulesError {
        RulesError(place: RulesPlace(file: path, line: line, path: ""), value: value, message: message)
    }
}

extension Bytes {
    /// Whether this is a SHA-256 in hexadecimal digits.
    var isDigest: Bool { count == 64 && allSatisfy { hexadecimalValue($0) != nil } }
}
