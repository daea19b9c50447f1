import ArgumentParser
import Foundation
import Scenarios
import Servers

/// Runs all scenarios at length and prints what clients saw.
@main
struct Chaos: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Break one thing after another under load, and print what clients see.",
        discussion: """
            Needs nginx, Redis, and for the cut network a kernel that allows namespaces. All servers are private. Exit \
            status 1: a client got something other than 200 or 429, or the store admitted too much, or never came back.
            """
    )

    @Option(help: "Requests per second.") var rate = 2_000
    @Option(help: "Connections.") var clients = 32
    @Option(help: "Seconds that a fault lasts. The load runs half as long before and after it.") var seconds = 10.0
    @Option(help: "Milliseconds that the store may take to answer. The limiter's default is 25.")
    var deadline = 25
    @Flag(help: "Redis, Sentinels and clusters speak TLS.") var tls = false
    @Option(help: "Run only scenarios with this word in their names.") var only: String?

    func validate() throws {
        guard rate > 0, clients > 0, seconds > 0, deadline > 0 else {
            throw ValidationError("--rate, --clients, --seconds and --deadline must be above 0")
        }
    }

    func run() throws {
        let course = Course(
            clients: clients, rate: rate, deadline: deadline, before: .seconds(seconds / 2), during: .seconds(seconds),
            after: .seconds(seconds / 2), certificates: tls ? try Certificates() : nil)
        var table = Table()
        for scenario in Scenario.all where only.map(scenario.description.contains) ?? true {
            for answer in scenario.answers {
                do {
                    table.add(scenario.description, answer, try scenario.play(answer, course))
                } catch let error as ScenarioError where error.isImpossible {
                    table.add(scenario.description, answer, impossible: "\(error)")
                } catch {
                    table.add(scenario.description, answer, failure: "\(error)")
                }
            }
        }
        table.finish()
        if table.isWrong { throw ExitCode.failure }
    }
}
