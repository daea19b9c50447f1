public import Limiters
import TextFormats

/// Why a text does not name a policy of the rules, in one line.
public struct UnknownPolicy: Error, CustomStringConvertible {
    /// What is wrong, and what to write instead.
    public let description: String
}

extension Rulebook {
    /// The policy that an operator names, as it is for a client without a plan.
    ///
    /// - Throws: ``UnknownPolicy`` if the rules have no such policy.
    public func policy(named name: String) throws(UnknownPolicy) -> Policy {
        if let policy = policies.first(where: { $0.name == name }) { return policy }
        let names = policies.map(\.name)
        let remedy = nearest(to: name, among: names) ?? alternatives(names)
        throw UnknownPolicy(description: "the rules have no policy \"\(name)\": write \(remedy)")
    }
}
