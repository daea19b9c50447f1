import Scenarios
import Testing

@Suite("What clients see during a fault")
struct ScenarioTests {
    /// Shorter and gentler than in `make chaos`.
    private static let course = Course(
        clients: 8, rate: 400, deadline: 250, before: .requests(200), during: .requests(500), after: .requests(200))

    private static let plays = Scenario.all.flatMap { scenario in scenario.answers.map { (scenario, $0) } }

    @Test(
        "every request is served or refused by the rules, no limit is exceeded, and the store decides again afterwards",
        arguments: plays)
    func play(scenario: Scenario, answer: String) throws {
        let outcome = try scenario.play(answer, Self.course)
        #expect(outcome.requests >= 900)
        #expect(outcome.wrong == [:])
        #expect(outcome.overAdmitted == 0)
        #expect(outcome.overAdmittedLocally == 0)
        #expect(outcome.recovery != nil)
        #expect(answer == "allow" ? outcome.local == 0 : outcome.uncounted == 0)
    }
}
