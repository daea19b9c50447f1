import Scenarios
import Testing

@Suite("What clients see when something goes wrong", .serialized)
struct ScenarioTests {
    /// As `make chaos` has it, only shorter and gentler.
    private static let course = Course(
        clients: 8, rate: 400, deadline: 250, before: .requests(300), during: .requests(600), after: .requests(300))

    @Test(
        "all are served or refused as the rules say, nobody is given too much, and the store decides again",
        arguments: Scenario.all, ["allow"])
    func play(scenario: Scenario, answer: String) throws {
        let outcome = try scenario.play(answer, Self.course)
        #expect(outcome.requests >= 1_200)
        #expect(outcome.wrong == [:])
        #expect(outcome.overAdmitted == 0)
        #expect(outcome.recovery != nil)
    }
}
