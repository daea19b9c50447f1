import Foundation
import Testing

/// The rights of a Redis user as README.md has them, so that what is documented is what is tested.
enum AccessControlList {
    /// What follows the user's name after `ACL SETUSER`, with this password.
    static func rights(password: String) throws -> String {
        let readme = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../README.md").standardizedFileURL
        let lines = try String(contentsOf: readme, encoding: .utf8).split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("ACL SETUSER limiter ") })
        return String(line.dropFirst("ACL SETUSER limiter ".count)).replacing(">PASSWORD", with: ">\(password)")
    }
}
