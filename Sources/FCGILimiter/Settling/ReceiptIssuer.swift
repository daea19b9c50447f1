import Limiters
import Rules
import Stores
import Synchronization

/// Gives the receipts of one event loop about one store.
final class ReceiptIssuer: Sendable {
    /// The most charges in a receipt, which nginx has to fit into 8 kB with other headers; further ones are not refunded.
    private static let mostItems = 10

    /// Whose units the receipts are about.
    let chargedStore: Settler.ChargedStore
    /// The issuer's own number.
    let id = UInt64.random(in: .min ... .max)
    private let count = Atomic<Int64>(0)

    /// An issuer that has given no receipt.
    init(for chargedStore: Settler.ChargedStore) {
        self.chargedStore = chargedStore
    }

    /// How many receipts were given.
    var issued: Int64 { count.load(ordering: .relaxed) }

    /// The receipt for a request.
    ///
    /// - Parameters:
    ///   - outcome: what became of the request at the store.
    ///   - rulebook: the rules by which it was charged.
    ///   - hmac: authenticates the receipt; `nil` if its secret is not known yet.
    /// - Returns: the text of the receipt; `nil` if nothing can be corrected, or not by this store.
    func receipt(for outcome: RequestOutcome, _ rulebook: Rulebook, _ hmac: HMAC?) -> [UInt8]? {
        guard case .decided(let verdict, let decider) = outcome, let hmac,
            decider == (chargedStore == .store ? .store : .fallback)
        else { return nil }
        let items = Array(
            verdict.correctable(rulebook.countConditions, rulebook.answerCosts).prefix(Self.mostItems))
        guard !items.isEmpty else { return nil }
        let number = Receipt.Number(issuer: id, index: count.add(1, ordering: .relaxed).oldValue)
        return Receipt(number, moment: verdict.now, isFallback: chargedStore == .fallback, items: items).text(hmac)
    }
}
