import ArgumentParser
import Limiters
import Rules

/// `fcgi-limiter ban CLIENT`: refuses a client for a while.
struct BanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ban",
        abstract: "Refuse all requests of a client or a network for a while.",
        discussion: """
            A ban takes effect on all limiters of the store within a second: they answer with 403. It takes precedence over \
            the lists of the rules.
            """
    )

    @OptionGroup var options: OverrideClientOptions
    @OptionGroup var term: OverrideTermOptions

    func run() throws {
        try options.put(term) { _, _ in .ban }
    }
}

/// `fcgi-limiter unban CLIENT`: ends a ban.
struct UnbanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unban",
        abstract: "End a ban that fcgi-limiter ban has set."
    )

    @OptionGroup var options: OverrideClientOptions

    @Option(help: "Why, in one line.")
    var reason = ""

    func run() throws {
        try options.remove("ban", reason: reason) { $0.effect == .ban }
    }
}

/// `fcgi-limiter exempt CLIENT`: lets a client pass for a while.
struct ExemptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exempt",
        abstract: "Let all requests of a client or a network pass uncounted for a while.",
        discussion: """
            An exemption takes effect on all limiters of the store within a second. It takes precedence over the lists of \
            the rules, but not over bans by fcgi-limiter ban. To end it, use fcgi-limiter override remove.
            """
    )

    @OptionGroup var options: OverrideClientOptions
    @OptionGroup var term: OverrideTermOptions

    func run() throws {
        try options.put(term) { _, _ in .exempt }
    }
}
