/// Why a request cannot be answered as asked: a status, and what to do about it.
struct Problem: Error, Equatable {
    /// The kind of problem, which decides the status of the answer.
    enum Kind: Equatable {
        /// The request cannot be understood.
        case malformed
        /// The user may not do that.
        case forbidden
        /// Nothing has the requested name.
        case missing
        /// The database or the store does not answer, or the database has no schema.
        case unavailable
    }

    let kind: Kind
    /// What is wrong, in a few words.
    let title: String
    /// One line: what to check, or what to write instead.
    let remedy: String

    init(_ kind: Kind, _ title: String, _ remedy: String) {
        (self.kind, self.title, self.remedy) = (kind, title, remedy)
    }

    /// The path names nothing.
    static let notFound = Problem(
        .missing, "This page does not exist.", "Go to the overview. Its address ends with a slash.")
}
