import Glibc

/// The user to log in as, and the password.
struct RedisCredentials: Sendable, Hashable {
    /// A word, or the file whose first line it is.
    enum Secret: Sendable, Hashable {
        case text(String)
        case file(String)

        fileprivate var file: String? { if case .file(let path) = self { path } else { nil } }
    }

    /// The user of an access control list; `nil` for the default user.
    var user: Secret?
    /// The password; `nil` if the server needs none.
    var password: Secret?

    /// The command that logs in, with what the files say now; `nil` without a password.
    ///
    /// - Throws: ``StoreError`` of kind `.misconfigured` that names a file that cannot be read.
    func command() throws(StoreError) -> [String]? {
        guard let password else { return nil }
        return try ["AUTH"]
            + [user, password].compactMap { $0 }.map { secret throws(StoreError) in try Self.read(secret) }
    }

    /// What an operator can do about a refused login; empty if the server's own words are enough.
    var remedy: String {
        let files = [user, password].compactMap(\.?.file)
        return files.isEmpty ? "" : "write the valid one into \(files.joined(separator: " and "))"
    }

    private static func read(_ secret: Secret) throws(StoreError) -> String {
        switch secret {
        case .text(let text): return text
        case .file(let path):
            guard let file = fopen(path, "re") else {
                throw StoreError(
                    .misconfigured,
                    "\(path): \(String(cString: strerror(errno))): name a file that the program may read")
            }
            defer { fclose(file) }
            var line: UnsafeMutablePointer<CChar>?
            var capacity = 0
            defer { free(line) }
            let count = getline(&line, &capacity, file)
            let text = String(decoding: UnsafeRawBufferPointer(start: line, count: max(0, count)), as: UTF8.self)
            let word = text.prefix { !$0.isNewline }
            guard !word.isEmpty else {
                throw StoreError(
                    .misconfigured, "\(path): the first line is empty: write the user or the password there")
            }
            return String(word)
        }
    }
}
