import ArgumentParser
import Limiters
import Rules
import Stores

/// `fcgi-limiter reset CLIENT`: restores a client's full quotas.
struct ResetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Forget all requests of a client, so that the client has its full quotas again."
    )

    @OptionGroup var options: ClientOptions

    func run() throws {
        let client = try options.namedClient()
        if let list = client.list { print(list.text(client.identity)) }
        let keys = client.charge.entries.map(\.key)
        let store = try options.storeOptions.open()
        let count = try OneLineFailure.of { () throws(StoreError) in try store.reset(keys) }
        print("reset \(client.identity.text): \(count) of \(keys.count) policies had counted it")
    }
}
