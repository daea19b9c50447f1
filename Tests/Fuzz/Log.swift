@testable import Rules

/// A line of an access log, with the escapes of nginx and Apache.
func fuzzLog(_ input: [UInt8]) {
    let unescaped = LogEscapes.undone(in: input[...])
    precondition(unescaped.count <= input.count)
    guard let line = AccessLogLine(input[...]) else { return }
    precondition(line.target.count <= input.count)
    for name in ["REMOTE_ADDR", "QUERY_STRING", "HTTP_HOST", "REMOTE_USER", "HTTP_USER_AGENT", "HTTP_REFERER"] {
        precondition(line.bytes(of: Array(name.utf8))?.count ?? 0 <= input.count)
    }
    _ = Fuzzed.rulebook.match(for: line)
}
