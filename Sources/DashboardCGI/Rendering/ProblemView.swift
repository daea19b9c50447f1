/// What is wrong, and what to do about it.
struct ProblemView: PageContent {
    static let template = "problem"

    let title: String
    let remedy: String

    init(_ problem: Problem) {
        (title, remedy) = (problem.title, problem.remedy)
    }
}
