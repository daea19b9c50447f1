import Limiters

/// Reads `fingerprints`: how identities name secrets.
struct FingerprintReader {
    private static let example = "{ secret_file: fingerprints.secret, except: [header X-Tenant] }, or leave it out"
    private static let shortestSecret = 16

    private(set) var fingerprints = Fingerprints()
    private(set) var warnings: [RulesWarning] = []

    init(_ field: Field?) throws(RulesError) {
        guard let members = try field?.members(named: ["secret_file", "except"], Self.example) else { return }
        if let field = members["secret_file"] {
            let (file, _) = try field.file("fingerprints.secret")
            // An editor may end the file with a line break, and machines must agree.
            let secret = file.bytes.filter { $0 != 0x0A && $0 != 0x0D }
            guard secret.count >= Self.shortestSecret else {
                let remedy = "write the output of openssl rand -hex 32 into it"
                throw field.error("has fewer than \(Self.shortestSecret) bytes; \(remedy)", value: field.scalar)
            }
            fingerprints.hmac = HMAC(key: secret)
            if file.isWorldReadable {
                warnings.append(
                    field.warning("can be read by every user of this machine; run chmod o= on it", value: field.scalar))
            }
        }
        for field in try members["except"]?.oneOrMore("[header X-Tenant]") ?? [] {
            let source = try field.source("header X-Tenant")
            guard source == .apiKey || source.isChosenByClients else {
                throw field.error("never has a fingerprint; leave it out", value: field.scalar)
            }
            fingerprints.publicLabels.insert(source.label)
        }
    }
}
