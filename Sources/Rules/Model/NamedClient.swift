public import Limiters
import TextFormats

/// A client that an operator names, as the rules treat its requests.
public struct NamedClient: Sendable {
    /// The client as the rules count it, or as they list it.
    public let identity: Identity
    /// The list that the client is on; `nil` if the rules count it.
    public let list: List?
    /// All policies that may count the client, at a cost of 0, each with the quota of the client's plan or override.
    public let charge: Charge
    /// The overrides that the answer is due to: the one ban or exemption, or those of limits.
    public internal(set) var overrides: [Override] = []

    /// A list of clients that are not counted.
    public enum List: String, Sendable {
        /// The client's requests are refused.
        case banned = "ban"
        /// The client's requests pass.
        case exempt
    }
}

/// Why a text does not name a client that the rules can count, in one line.
public struct UnknownClient: Error, CustomStringConvertible {
    /// What is wrong, and what to write instead.
    public let description: String
}

extension Rulebook {
    /// The client that an operator names.
    ///
    /// - Parameters:
    ///   - text: an identity as `explain` prints it, for example `address=203.0.113.9`; in place of a fingerprint or a
    ///     network also the secret or the address itself. Bytes may be percent-encoded.
    ///   - plan: the client's plan, if the web server says which; a plan in the key file takes precedence.
    /// - Returns: the client as its requests are treated.
    /// - Throws: ``UnknownClient`` if no request has such a client.
    public func client(named text: String, plan: String? = nil) throws(UnknownClient) -> NamedClient {
        if text.hasPrefix("#"), let identity = Identity(written: text) {
            return NamedClient(identity: identity, list: nil, charge: charge(identity, plan) { _ in true })
        }
        if text == "all" {
            let client = charge(.everyone, plan) { $0.alternatives.contains([.everyone]) }
            guard !client.entries.isEmpty else { throw UnknownClient(description: "no rule counts everyone together") }
            return NamedClient(identity: .everyone, list: nil, charge: client)
        }
        var facts: [WrittenFact] = []
        for (source, value) in try writtenValues(in: text) {
            facts.append(try WrittenFact(value, of: source, settings))
        }
        let identity = Identity(facts)
        let lists: [(NamedClient.List, ClientList)] = [(.banned, banned), (.exempt, exempt)]
        let listed = lists.compactMap { name, list in
            facts.first { $0.isOn(list, settings.fingerprints) }.map { (list: name, fact: $0) }
        }.first
        if listed == nil, facts.contains(where: { !$0.isCounted }) {
            throw UnknownClient(
                description: "the API key is not in the key file: name the address that its requests come from")
        }
        let sources = facts.map(\.source)
        let keyPlan = facts.lazy.compactMap(\.plan).first.map { String(decoding: $0, as: UTF8.self) }
        let client = charge(identity, keyPlan ?? plan) { $0.counts(sources) }
        guard listed != nil || !client.entries.isEmpty else {
            let labels = sources.map(\.label).joined(separator: " and ")
            throw UnknownClient(description: "no rule counts clients by \(labels): look at what explain prints")
        }
        return NamedClient(
            identity: listed.map { Identity($0.fact.source.label, $0.fact.listedName) } ?? identity, list: listed?.list,
            charge: client)
    }

    /// The client that an operator names, as its requests are treated under overrides.
    ///
    /// Overrides of networks count for a client that is an address.
    ///
    /// - Parameters:
    ///   - text: as for ``client(named:plan:)``.
    ///   - plan: as for ``client(named:plan:)``.
    ///   - overrides: what ``overrideTable(_:)`` has made for these rules.
    ///   - now: the clock by which overrides end.
    /// - Returns: the client as its requests are treated.
    /// - Throws: ``UnknownClient`` if no request has such a client.
    public func client(
        named text: String, plan: String? = nil, overrides: OverrideTable, now: Microseconds
    ) throws(UnknownClient) -> NamedClient {
        let client = try client(named: text, plan: plan)
        let counted = client.charge.entries.first?.identity ?? client.identity
        let address = [client.identity, counted].lazy.compactMap(\.address).first
        let access =
            overrides.access(of: counted, now: now) ?? overrides.access(of: client.identity, now: now)
            ?? address.flatMap { overrides.access(of: $0, now: now) }
        if let access {
            return NamedClient(
                identity: counted, list: access.effect == .ban ? .banned : .exempt, charge: client.charge,
                overrides: [access])
        }
        guard client.list == nil else { return client }
        var applied: [Override] = []
        let entries = client.charge.entries.map { entry in
            let override = overrides.limit(entry.policy.name, for: entry.identity, from: address, now: now)
            guard let override, case .limit(let limit, _) = override.effect else { return entry }
            applied.append(override)
            return Charge.Entry(entry.policy.limited(to: limit), for: entry.identity, cost: 0)
        }
        return NamedClient(identity: client.identity, list: nil, charge: Charge(entries), overrides: applied)
    }

    func charge(
        _ identity: Identity, _ plan: String?, _ counts: (IdentitySelector) -> Bool
    ) -> Charge {
        let plan = plan.map { Array($0.utf8)[...] }
        let choices = rules.flatMap { zip($0.action.choices, $0.action.selectors) }.filter { counts($0.1) }
        return Charge(cost: 0, choices.map { Charge.Entry($0.0.policy(plan: plan), for: identity) })
    }

    /// The values in `label=value,label=value`, which may contain commas.
    func writtenValues(in text: String) throws(UnknownClient) -> [(Source, Bytes)] {
        let known = sources
        var values: [(source: Source, text: String)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let label = part.prefix { $0 != "=" }
            if let source = known.first(where: { $0.label == label }), label.endIndex < part.endIndex {
                values.append((source, String(part[label.endIndex...].dropFirst())))
            } else if let last = values.indices.last {
                values[last].text += "," + part
            } else {
                let labels = known.map(\.label)
                let remedy = nearest(to: String(label), among: labels) ?? alternatives(labels)
                throw UnknownClient(
                    description: "\"\(part)\" does not name a client of these rules: write \(remedy), =, and its value")
            }
        }
        return values.map { ($0.source, PercentEncoding.decoded(Array($0.text.utf8)[...])) }
    }

    /// All sources by which the rules count or list clients, each once.
    var sources: [Source] {
        let all = [.address] + listedSources + rules.flatMap { $0.action.selectors.flatMap(\.alternatives).joined() }
        return all.indices.filter { all[$0] != .everyone && !all[..<$0].contains(all[$0]) }.map { all[$0] }
    }
}

extension IdentitySelector {
    /// Whether some request counts for an identity made of these sources.
    func counts(_ sources: [Source]) -> Bool {
        alternatives.contains(sources) || (sources == [.address] && !alternatives.contains([.everyone]))
    }
}

extension Identity {
    /// The identity that these facts make together.
    init(_ facts: [WrittenFact]) {
        self =
            facts.count == 1
            ? Identity(facts[0].source.label, facts[0].name)
            : Identity(facts.map { (source: $0.source.label, value: Array($0.name)) })
    }

    /// The address, or the first address of the network, that is the identity; `nil` for any other.
    fileprivate var address: Address? {
        let text = bytes.split(separator: UInt8(ascii: "="), maxSplits: 1)
        guard text.count == 2, text[0].elementsEqual(Source.address.label.utf8) else { return nil }
        return Address(text[1].prefix { $0 != UInt8(ascii: "/") })
    }
}
