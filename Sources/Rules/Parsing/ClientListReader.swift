/// Reads a list of clients: addresses, networks, and `{ api_key: … }`, `{ user: … }` and so on.
enum ClientListReader {
    private static let example = "[203.0.113.0/24, { user: alice }], or leave it out"

    static func list(_ field: Field?, _ settings: RequestSettings) throws(RulesError) -> ClientList {
        guard let field else { return ClientList() }
        var networks: [Network] = []
        var keys = KeyList()
        var values: [Source: Set<Bytes>] = [:]
        for entry in try field.list(example) {
            guard entry.isMapping else {
                networks.append(try entry.network())
                continue
            }
            for (name, value) in try entry.members("{ user: alice }") {
                let source = try name.source("user")
                for one in try value.oneOrMore("alice") {
                    let text = try one.text("alice")
                    switch source.kind {
                    case .address: networks.append(try one.network())
                    case .everyone:
                        throw name.error("is not a client; write a rule for all requests", value: "everyone")
                    case .apiKey: try add(Array(text.utf8)[...], to: &keys, settings, one)
                    default: values[source, default: []].insert(Array(text.utf8)[...])
                    }
                }
            }
        }
        let sorted = values.sorted { $0.key.label < $1.key.label }.map { (source: $0.key, values: $0.value) }
        return ClientList(addresses: AddressSet(networks), keys: keys, values: sorted)
    }

    private static func add(
        _ key: Bytes, to keys: inout KeyList, _ settings: RequestSettings, _ field: Field
    ) throws(RulesError) {
        guard key.starts(with: "sha256:".utf8) else {
            _ = keys.add(key, KeyList.Entry(name: settings.name(ofKey: key), plan: nil))
            return
        }
        guard let digest = key.digest else {
            throw field.error("is not a SHA-256; write sha256: and 64 hexadecimal digits")
        }
        _ = keys.add(digest: digest, KeyList.Entry(name: settings.name(ofKeyDigest: digest), plan: nil))
    }
}
