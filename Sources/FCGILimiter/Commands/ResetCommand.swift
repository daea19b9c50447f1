import Analytics
import ArgumentParser
import Limiters
import Rules
import Stores

/// `fcgi-limiter reset CLIENT`: restores a client's full quotas.
struct ResetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Forget all requests of a client or a network, so that the client has its full quotas again.",
        discussion: "In a network, the clients that are counted by their address are reset."
    )

    @OptionGroup var options: ClientOptions
    @OptionGroup var auditOptions: AuditOptions

    @Option(help: "Why, in one line, for the audit trail.")
    var reason = ""

    func run() throws {
        let rules = try options.rulesOptions.load()
        let network = try OneLineFailure.of { () throws(UnknownClient) in
            try rules.clients(inNetwork: options.client)
        }
        if let network {
            try reset(network.keys, of: network.name, in: options.storeOptions.open())
        } else {
            let (client, store) = try options.namedClient(rules)
            if let list = client.list { print(list.text(client.identity, client.overrides.first)) }
            try reset(client.charge.entries.map(\.key), of: client.identity.text, in: store)
        }
    }

    private func reset(_ keys: [Key], of client: String, in store: any Store) throws {
        let count = try OneLineFailure.of { () throws(StoreError) in try store.reset(keys) }
        print("reset \(client): \(count) of \(keys.count) policies had counted it")
        auditOptions.write(.reset(client: client), reason: reason, ended: [])
    }
}
