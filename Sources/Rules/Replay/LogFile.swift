import Glibc
public import Limiters

/// A log file that is read once, from beginning to end; a compressed one is read through gzip(1).
public final class LogFile {
    /// The file's length in bytes; `nil` if it is unknown, as for a pipe or a compressed file.
    public let size: Int?
    private static let longestLine = 1 << 24
    private let path: String
    private let descriptor: Int32
    /// The process that decompresses the file; `nil` if it is not compressed.
    private let decompressor: pid_t?

    /// Opens the log; `-` is standard input.
    public init(_ path: String) throws(LogFileError) {
        self.path = path
        let file = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw LogFileError(path, errno) }
        var magic: [UInt8] = [0, 0]
        if pread(file, &magic, 2, 0) == 2, magic == [0x1F, 0x8B] {
            defer { close(file) }
            (descriptor, decompressor) = try Self.decompress(file, path)
            size = nil
        } else {
            var status = stat()
            fstat(file, &status)
            (descriptor, decompressor) = (file, nil)
            size = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
        }
    }

    deinit {
        if path != "-" || decompressor != nil { close(descriptor) }
        // gzip ends when nobody reads its output any more, if not before.
        if let decompressor { waitpid(decompressor, nil, 0) }
    }

    /// Skips most of the lines that are older than a time; does nothing for a pipe or a compressed file.
    ///
    /// Finds the position by bisection, because lines are in the order of their times.
    public func skip(to time: Microseconds) {
        guard let size else { return }
        var (older, newer) = (0, size)
        while newer - older > 1 << 16 {
            let middle = (older + newer) / 2
            if let line = line(after: middle), line.time < time { older = line.offset } else { newer = middle }
        }
        lseek(descriptor, older, SEEK_SET)
    }

    /// The first line that begins after `offset` and has a time, and where it begins; `nil` if none is near.
    private func line(after offset: Int) -> (time: Microseconds, offset: Int)? {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = pread(descriptor, &chunk, chunk.count, offset)
        var rest = chunk[..<max(0, count)]
        while let lineBreak = rest.firstIndex(of: 0x0A) {
            rest = rest[(lineBreak + 1)...]
            if let line = AccessLogLine(rest.prefix { $0 != 0x0A }) { return (line.time, offset + rest.startIndex) }
        }
        return nil
    }

    /// Calls `body` with each line, without its line break, and the number of bytes read so far, until it returns false.
    public func forEachLine(_ body: (ArraySlice<UInt8>, Int) -> Bool) throws(LogFileError) {
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
                guard body(buffer[start..<end], position) else { return }
                start = end + 1
            }
            buffer.removeFirst(start)
            guard buffer.count <= Self.longestLine else { throw LogFileError(path, "a line is longer than 16 MiB") }
        }
        if !buffer.isEmpty { _ = body(buffer[...], position) }
        var status: Int32 = 0
        // gzip exits with 1 for an error, and with 2 for a warning.
        if let decompressor, waitpid(decompressor, &status, 0) == decompressor, status != 0, status >> 8 != 2 {
            throw LogFileError(path, "gzip cannot decompress the whole file")
        }
    }

    /// Starts gzip, which every Debian system has.
    ///
    /// - Returns: the descriptor of its output, and its process.
    private static func decompress(_ file: Int32, _ path: String) throws(LogFileError) -> (Int32, pid_t) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw LogFileError(path, errno) }
        // gzip must inherit neither the end that is read nor a second descriptor of the other end.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, file, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        // This program reports the failure.
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        let arguments = ["gzip", "-dc"].map { (word: String) in strdup(word) }
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        let code = posix_spawnp(&process, "gzip", &actions, nil, arguments + [nil], nil)
        guard code == 0 else {
            close(ends[0])
            throw LogFileError(path, "gzip does not run: \(String(cString: strerror(code)))")
        }
        return (ends[0], process)
    }
}

/// Why a log file cannot be read, in one line.
public struct LogFileError: Error, CustomStringConvertible {
    /// File, reason and remedy.
    public let description: String

    init(_ path: String, _ code: Int32) {
        self.init(path, String(cString: strerror(code)))
    }

    init(_ path: String, _ reason: String) {
        description = "\(path): \(reason): name an access log, or - for standard input"
    }
}
