import Glibc

/// The file that a process runs, by `/proc/PID/exe`.
struct ProgramFile {
    private let device: dev_t
    private let number: ino_t
    /// Where it is, or was before another took its place.
    private let path: String
    private let isReplaced: Bool

    /// The program of a process, named as a folder of `/proc`; `nil` where it has ended, or is another user's.
    init?(of process: String) {
        var status = stat()
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let link = "/proc/\(process)/exe"
        guard stat(link, &status) == 0 else { return nil }
        let count = readlink(link, &bytes, bytes.count)
        guard count > 0 else { return nil }
        (device, number) = (status.st_dev, status.st_ino)
        let text = String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // So the kernel names what is no longer there; a file may have such a name, too.
        let mark = " (deleted)"
        isReplaced = text.hasSuffix(mark) && access(text, F_OK) != 0
        path = isReplaced ? String(text.dropLast(mark.count)) : text
    }

    /// Whether both are one file, or followed each other under one path.
    func isSame(as other: ProgramFile) -> Bool {
        if device == other.device, number == other.number { return true }
        return path == other.path && (isReplaced || other.isReplaced)
    }
}
