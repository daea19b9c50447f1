import Limiters

/// The proof that a dashboard of this store offered an action to a user a short while ago.
///
/// The token is an HMAC-SHA256 over the user, the time until which the token is valid, and the action. So a token from a log
/// is useless for other users and other actions.
struct ActionToken {
    /// How long a confirmation is valid, in seconds.
    static let lifetime: Int64 = 600

    private let hmac: HMAC

    /// Tokens made with a key that all dashboards of the store share.
    init(_ hmac: HMAC) {
        self.hmac = hmac
    }

    /// The query of a request that carries out an action.
    func query(_ action: ConsoleAction, user: String, now: Moment) -> [Filter.Field] {
        let expires = now.seconds + Self.lifetime
        return action.fields + [("expires", "\(expires)"), ("token", digits(action, user, expires))]
    }

    /// Checks the token of a request.
    ///
    /// - Throws: ``Problem`` of kind `.forbidden` if the token is missing, wrong or too old.
    func check(_ fields: [String: String], _ action: ConsoleAction, user: String, now: Moment) throws(Problem) {
        let expires = fields["expires"].flatMap { Int64($0) } ?? 0
        let (given, expected) = (Array((fields["token"] ?? "").utf8), Array(digits(action, user, expires).utf8))
        // Takes the same time wherever the first difference is.
        let difference = zip(given, expected).reduce(given.count ^ expected.count) { $0 | Int($1.0 ^ $1.1) }
        guard difference == 0, now.seconds < expires, expires <= now.seconds + Self.lifetime else {
            throw Problem(
                .forbidden, "This confirmation is not valid any more.",
                "Go back, reload the confirmation, and confirm again.")
        }
    }

    private func digits(_ action: ConsoleAction, _ user: String, _ expires: Int64) -> String {
        let message = Filter.address("", [("user", user), ("expires", "\(expires)")] + action.fields)
        return String(decoding: hmac.hexDigits(of: Array(message.utf8)), as: UTF8.self)
    }
}
