import Foundation
import Testing

/// The permissions of a Redis user, read from docs/stores.md so that the documented command is the tested one.
enum AccessControlList {
    /// What follows the user's name after `ACL SETUSER`, with this password.
    static func rights(password: String) throws -> String {
        let document = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../docs/stores.md")
            .standardizedFileURL
        let lines = try String(contentsOf: document, encoding: .utf8).split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("ACL SETUSER limiter ") })
        return String(line.dropFirst("ACL SETUSER limiter ".count)).replacing(">PASSWORD", with: ">\(password)")
    }
}
