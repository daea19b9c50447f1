import ArgumentParser
import FastCGI
import Startup

/// The users of `--operators`, who may act.
struct Operators: OptionValue {
    private let names: Set<String>
    /// The names as they were written.
    let defaultValueDescription: String

    /// The default: nobody may act.
    static let none = Operators(names: [], defaultValueDescription: "none")

    private init(names: Set<String>, defaultValueDescription: String) {
        (self.names, self.defaultValueDescription) = (names, defaultValueDescription)
    }

    init(option text: String) throws(InvalidValue) {
        names = Set(text.split { $0 == "," || $0 == " " }.map(String.init))
        defaultValueDescription = text
    }

    /// The operator who sent a request, as the web server has authenticated the user.
    ///
    /// - Throws: ``Problem`` of kind `.forbidden` if the user is not an operator, or has not logged in.
    func name(of request: Request) throws(Problem) -> String {
        guard let user = request.text(of: "REMOTE_USER"), !user.isEmpty else {
            throw Problem(
                .forbidden, "Only operators who have logged in may act.",
                "Let the web server ask for a login, or copy the command and run it on a limiter's machine.")
        }
        guard names.contains(user) else {
            throw Problem(
                .forbidden, "The user \(user) may not act.",
                "Name the user in --operators of the dashboard, or copy the command and run it on a limiter's machine.")
        }
        return user
    }
}
