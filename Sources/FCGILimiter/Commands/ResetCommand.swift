import ArgumentParser
import Limiters
import Stores

/// `fcgi-limiter reset CLIENT`: restores a client's full quotas.
struct ResetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Forget all requests of a client, so that the client has its full quotas again."
    )

    @OptionGroup var options: ClientOptions

    func run() throws {
        let entries = try options.entries()
        let store = try options.storeOptions.open()
        let count = try OneLineFailure.of { () throws(StoreError) in try store.reset(entries.map(\.key)) }
        print("reset \(options.client.text): \(count) of \(entries.count) policies had counted it")
    }
}
