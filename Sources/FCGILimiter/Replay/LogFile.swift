import Glibc

/// A log file that is read once, from beginning to end.
final class LogFile {
    /// The file's length in bytes; `nil` if it is unknown, as for a pipe.
    let size: Int?
    private let path: String
    private let descriptor: Int32

    /// Opens the log; `-` is standard input.
    init(_ path: String) throws(LogFileError) {
        self.path = path
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LogFileError(path, errno) }
        var status = stat()
        fstat(descriptor, &status)
        size = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    deinit {
        if path != "-" { close(descriptor) }
    }

    /// Calls `body` with each line, without its line break, and the number of bytes read so far.
    func forEachLine(_ body: (ArraySlice<UInt8>, Int) -> Void) throws(LogFileError) {
        var buffer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        var position = 0
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw LogFileError(path, errno) }
            guard count > 0 else { break }
            position += count
            buffer.append(contentsOf: chunk[..<count])
            var start = 0
            while let end = buffer[start...].firstIndex(of: 0x0A) {
                body(buffer[start..<end], position)
                start = end + 1
            }
            buffer.removeFirst(start)
        }
        if !buffer.isEmpty { body(buffer[...], position) }
    }
}

/// Why a log file cannot be read, in one line.
struct LogFileError: Error, CustomStringConvertible {
    let description: String

    init(_ path: String, _ code: Int32) {
        description = "\(path): \(String(cString: strerror(code))): name an access log, or - for standard input"
    }
}
