import Servers
import Testing

@Suite("docs/scaling.md")
struct SimulationTests {
    @Test("shows what the simulation prints", arguments: ["", " local"])
    func output(part: String) throws {
        let python = try Program("python3", package: "python3")
        let words = [Template.path("bench/simulate.py")] + part.split(separator: " ").map(String.init)
        let outcome = try python.run(words)
        #expect(outcome.status == 0)
        let document = try Template(file: "docs/scaling.md").text
        #expect(document.contains("```\n$ bench/simulate.py\(part)\n\(outcome.text)\n```"))
    }
}
