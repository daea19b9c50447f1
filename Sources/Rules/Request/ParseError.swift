/// Why a text from a rules file or a flag cannot be used.
struct ParseError: Error, Equatable {
    /// What is wrong and what to write instead, as the rest of a sentence that begins with the text: `is not an address; …`.
    let message: String

    init(_ message: String) {
        self.message = message
    }
}
