import Foundation

/// A new temporary folder, removed with its content when this object is released.
///
/// Every user may enter it, because servers under test change their user.
public final class TemporaryFolder: Sendable {
    /// The folder's absolute path.
    public let path: String

    /// Creates the folder.
    ///
    /// - Throws: ``ServerError`` when the system's folder for temporary files cannot be written to.
    public init() throws {
        var template = Array((NSTemporaryDirectory() + "fcgi-limiter-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil, chmod(template, 0o755) == 0 else {
            throw ServerError("\(NSTemporaryDirectory()): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of `name` in the folder.
    public func path(_ name: String) -> String {
        path + "/" + name
    }

    /// Writes a file into the folder.
    ///
    /// - Returns: the file's path.
    @discardableResult
    public func write(_ text: String, to name: String) throws -> String {
        try write(bytes: Array(text.utf8), to: name)
    }

    /// Writes a file into the folder.
    ///
    /// - Returns: the file's path.
    @discardableResult
    public func write(bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }

    /// Writes files, and creates the folders in their names.
    public func write(_ files: [String: String]) throws {
        for (name, text) in files {
            let parent = URL(fileURLWithPath: path(name)).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
            try write(text, to: name)
        }
    }

    /// The text of a file in the folder; empty if there is none.
    public func text(of name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path(name)) ?? Data(), as: UTF8.self)
    }
}
