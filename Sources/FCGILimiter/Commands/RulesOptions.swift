import ArgumentParser
import FastCGI
import Glibc
import Rules
import Startup
import Stores

/// Which rules a command is about.
struct RulesOptions: ParsableArguments {
    @Option(help: "The rules file. Default: $FCGI_LIMITER_RULES, or the rules of the sample endpoints.")
    var rules: String?

    /// The rules, their warnings printed to standard error.
    func load() throws -> Rulebook {
        guard let path = rules ?? ProcessEnvironment()["FCGI_LIMITER_RULES"] else { return .samples }
        let (rulebook, warnings) = try OneLineFailure.of { () throws(RulesError) in try Rulebook.load(path: path) }
        for warning in warnings { printError("warning: \(warning)") }
        return rulebook
    }
}

/// Which store a command is about.
struct StoreOptions: ParsableArguments {
    @Option(help: "As for serve. Default: $FCGI_LIMITER_STORE, or what serve would use.")
    var store: String?

    /// The store, opened for this command.
    func open() throws -> any Store { try Self.open(store) }

    /// The store that a flag names, or by default.
    static func open(_ flag: String?) throws -> any Store {
        let environment = ProcessEnvironment()
        let text = flag ?? environment["FCGI_LIMITER_STORE"] ?? environment.defaultStore
        let location: StoreLocation
        do throws(StoreError) {
            location = try StoreLocation(text)
        } catch {
            throw ValidationError("\(error)")
        }
        try OneLineFailure.of { () throws(NoStore) in
            if case .embedded(let path, _) = location, access(path + "/data.mdb", F_OK) != 0, errno == ENOENT {
                throw NoStore(location: location)
            }
        }
        return try OneLineFailure.of { () throws(StoreError) in try location.open() }
    }

    /// There is nothing to look at.
    ///
    /// A store that this user made could be one that serve, as another user, may not open.
    private struct NoStore: Error, CustomStringConvertible {
        let location: StoreLocation

        var description: String { "\(location): there is no store yet: name with --store the one that serve uses" }
    }
}

/// The request that a command is about.
struct RequestOptions: ParsableArguments {
    @Argument(help: "Method and target, for example 'POST /api/upload?x=1'. Without a method it is GET.")
    var request: String

    @Option(help: "A header of the request, for example 'X-API-Key: k'. May be given several times.")
    var header: [String] = []

    @Option(help: "The address that the request comes from.")
    var address = "127.0.0.1"

    @Option(help: "A variable that the web server sets, for example REMOTE_USER=alice. May be given several times.")
    var variable: [String] = []

    /// The request's variables, as a web server would send them.
    func facts() throws -> SampleRequest {
        let words = request.split(separator: " ", maxSplits: 1).map(String.init)
        let (method, target) = words.count == 2 ? (words[0], words[1]) : ("GET", request)
        guard target.hasPrefix("/") || target.contains("://") || target == "*" else {
            throw ValidationError("\"\(request)\" is no request: write for example 'POST /api/upload'")
        }
        var facts = SampleRequest(method: method, target: target, address: address)
        for text in header {
            guard let (name, value) = text.split(at: ":") else {
                throw ValidationError("--header \"\(text)\" is not usable: write 'Name: value'")
            }
            let blank = UInt8(ascii: " ")
            facts.addHeader(String(name), value.utf8.drop { $0 == blank }.reversed().drop { $0 == blank }.reversed())
        }
        for text in variable {
            guard let (name, value) = text.split(at: "=") else {
                throw ValidationError("--variable \"\(text)\" is not usable: write NAME=value")
            }
            facts.set(String(name), to: value.utf8)
        }
        return facts
    }
}

extension String {
    /// What stands before and after the first `separator`; `nil` where there is none.
    fileprivate func split(at separator: Character) -> (Substring, Substring)? {
        firstIndex(of: separator).map { (self[..<$0], self[index(after: $0)...]) }
    }
}
