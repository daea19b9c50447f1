import Glibc

/// The content of a file.
struct TextFile {
    let bytes: [UInt8]
    /// Whether every user of the machine may read the file.
    let isWorldReadable: Bool

    /// Reads a file; an error's message continues a sentence that begins with the path.
    init(path: String) throws(ParseError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure() }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure() }
        isWorldReadable = status.st_mode & S_IROTH != 0
        var bytes: [UInt8] = []
        while true {
            let start = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: 65_536))
            let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress.map { $0 + start }, 65_536) }
            guard count >= 0 else { throw Self.failure() }
            bytes.removeLast(65_536 - count)
            guard count > 0 else { break }
            guard bytes.count <= YAMLDocument.maximumSize else {
                throw ParseError("is larger than 64 MB; name another file")
            }
        }
        self.bytes = bytes
    }

    private static func failure() -> ParseError {
        let code = errno
        let remedy =
            switch code {
            case ENOENT: "create it, or name another file"
            case EACCES: "let the limiter's user read it"
            default: "name another file"
            }
        return ParseError("cannot be read: \(String(cString: strerror(code))); \(remedy)")
    }
}
