import Foundation
import Scenarios

/// The printed table: a row per scenario as soon as it is over, and the goals at the end.
struct Table {
    /// Whether a scenario failed or showed a wrong answer or an over-admission.
    private(set) var isWrong = false
    private var outcomes: [(row: String, outcome: PlayedScenario)] = []

    private static let widths = [32, 6, 9, 9, 9, 12, 9, 9, 9, 9, 9, 6, 6, 9]

    init() {
        line([
            "", "", "requests", "un-", "decided", "not 200/429", "p99 ms", "p99 ms", "p99 ms", "longest", "recovery",
            "over-",
            "forgotten",
        ])
        line([
            "scenario", "answer", "", "counted", "locally", "", "before", "during", "after", "ms", "s", "store",
            "local", "by Redis",
        ])
    }

    /// Prints the row of an outcome.
    mutating func add(_ scenario: String, _ answer: String, _ outcome: PlayedScenario) {
        outcomes.append(("\(scenario), \(answer)", outcome))
        let wrong = outcome.wrong.sorted { $0.key < $1.key }.map { "\($0.value)x\($0.key)" }
        let isOver = outcome.overAdmitted > 0 || outcome.overAdmittedLocally > 0
        if !wrong.isEmpty || isOver || outcome.recovery == nil { isWrong = true }
        line([
            scenario, answer, "\(outcome.requests)", "\(outcome.uncounted)", "\(outcome.local)",
            wrong.isEmpty ? "0" : wrong.joined(separator: " "),
            number(outcome.before), number(outcome.during), number(outcome.after), number(outcome.longest),
            outcome.recovery.map(number) ?? "never", "\(outcome.overAdmitted)", "\(outcome.overAdmittedLocally)",
            "\(outcome.forgotten)",
        ])
    }

    /// Prints the row of a scenario that failed to run.
    mutating func add(_ scenario: String, _ answer: String, failure: String) {
        isWrong = true
        line([scenario, answer, failure])
    }

    /// Prints the row of a scenario that this machine cannot run.
    func add(_ scenario: String, _ answer: String, impossible: String) {
        line([scenario, answer, impossible])
    }

    /// Prints the goals.
    func finish() {
        print()
        goal(
            "p99 during the fault / before",
            outcomes.map { ($0.row, $0.outcome.during / max($0.outcome.before, 0.001)) }, 1.2)
        goal("seconds to recover", outcomes.compactMap { row, outcome in outcome.recovery.map { (row, $0) } }, 2)
    }

    /// Prints the worst measured value next to the goal.
    private func goal(_ text: String, _ measured: [(row: String, value: Double)], _ aim: Double) {
        guard let worst = measured.max(by: { $0.value < $1.value }) else { return }
        let missed = measured.count { $0.value > aim }
        let verdict = missed == 0 ? "reached" : "missed by \(missed) of \(measured.count)"
        print("\(text), the worst: \(number(worst.value)) (\(worst.row))   goal <= \(aim)   \(verdict)")
    }

    private func number(_ value: Double) -> String { String(format: "%.2f", value) }

    private func line(_ cells: [String]) {
        let padded = zip(cells, Self.widths).enumerated().map { index, cell in
            let blanks = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
            return index < 2 ? cell.0 + blanks : blanks + cell.0
        }
        print(padded.joined(separator: " "))
        // Flushes every stream, so that each row appears at once.
        fflush(nil)
    }
}
