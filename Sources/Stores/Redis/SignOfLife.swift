import Limiters

extension Charge.Entry {
    /// The entry that a check charges: one unit of a bucket that never runs out.
    ///
    /// Another number is another key, and in a cluster usually another slot.
    static func signOfLife(_ number: Int) -> Charge.Entry {
        Charge.Entry(signOfLifePolicy, for: Identity("check", "\(number)".utf8))
    }

    private static let signOfLifePolicy: Policy = {
        do {
            // One unit per microsecond.
            let quota = try Quota(limit: 1_000_000_000, window: 1_000_000_000, algorithm: .tokenBucket)
            return try Policy(name: "check", quota: quota)
        } catch {
            preconditionFailure("\(error)")
        }
    }()
}
