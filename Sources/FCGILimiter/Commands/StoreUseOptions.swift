import ArgumentParser
import FastCGI
import Glibc
public import Limiters
public import Startup
public import Stores

/// The options that say how long to wait for the store and what happens when it fails.
struct StoreUseOptions: ParsableArguments {
    @Option(help: "Milliseconds that Redis may take to connect and to answer, from 1 to 60000.")
    var storeDeadline = RedisDeadlines()

    @Option(help: "Answer to requests that the store cannot decide, for policies without on_store_failure.")
    var onStoreFailure = StoreFailureAnswer.local

    @Option(help: "Embedded store that decides while Redis is unavailable, for policies with on_store_failure: local.")
    var localStore = EmbeddedLocation.fallback

    @Option(help: "The share of each limit that the local store grants: 1/N if N machines share the limit.")
    var localShare = LocalShare(machines: 1)

    @Option(help: "Whether answers say in the header X-RateLimit-Store which store decided.")
    var storeHeader = Switch.off

    /// How `serve` uses its store, with so many event loops.
    func options(sessions: Int) -> ResilientStore.Options {
        var options = ResilientStore.Options()
        options.deadlines = storeDeadline
        options.sessions = sessions
        options.onFailure = onStoreFailure
        options.fallback = FallbackStore(localStore.location, share: localShare.machines)
        // A program that answers one request has no later one that could do without the store.
        options.connectsDirectly = CGI.isRequested
        return options
    }
}

extension RedisDeadlines: OptionValue {
    /// Both deadlines, written in milliseconds.
    public init(option text: String) throws(InvalidValue) {
        let deadline = Int64(try BoundedNumber<1, 60_000>(option: text).value) * 1_000
        self.init(connect: deadline, command: deadline)
    }

    /// Milliseconds.
    public var defaultValueDescription: String { String(command / 1_000) }
}

extension StoreFailureAnswer: OptionWord {}

/// The location of a store that cannot be unavailable.
struct EmbeddedLocation: OptionValue {
    let location: StoreLocation

    /// The default: in the machine's memory, one for each user.
    static let fallback = EmbeddedLocation(
        location: .embedded(path: "/dev/shm/fcgi-limiter-local-\(geteuid())", size: StoreLocation.defaultSize))

    init(location: StoreLocation) {
        self.location = location
    }

    init(option text: String) throws(InvalidValue) {
        guard let location = try? StoreLocation(text), !location.isRemote else {
            throw InvalidValue(StoreLocation.withoutCredentials(text), allowed: "embedded:PATH")
        }
        self.location = location
    }

    var defaultValueDescription: String { "\(location)" }
}

/// The part of each limit that one machine's local store grants.
struct LocalShare: OptionValue {
    /// Among how many machines each limit is divided.
    let machines: Int64

    init(machines: Int64) {
        self.machines = machines
    }

    init(option text: String) throws(InvalidValue) {
        guard text.hasPrefix("1/"), let machines = Int64(text.dropFirst(2)), (1...10_000).contains(machines) else {
            throw InvalidValue(text, allowed: "1/1 to 1/10000")
        }
        self.machines = machines
    }

    var defaultValueDescription: String { "1/\(machines)" }
}

/// Whether something is done.
enum Switch: String, OptionWord {
    case on, off
}
