import Cases
import Limiters
import Testing

@Suite("The tables of cases, by the arithmetic alone")
struct CaseTests {
    @Test("a request is answered as the table says", arguments: try Case.all())
    func answers(_ row: Case) {
        var store = MemoryStore()
        for step in row.steps {
            let verdict = store.charge(
                row.charge(step, by: Identity("client", "a".utf8)), now: Case.beginning + step.at)
            #expect(verdict.decisions == step.decisions, "at \(step.at), cost \(step.cost)")
            #expect(verdict.admission == step.admission, "at \(step.at), cost \(step.cost)")
            #expect(verdict.now == Case.beginning + step.at)
        }
    }
}
