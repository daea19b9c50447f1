import Glibc

/// The program file of a process, from `/proc/PID/exe`.
struct ProgramFile {
    private let device: dev_t
    private let number: ino_t
    /// The file's path, or its former path if another file has replaced it.
    private let path: String
    private let isReplaced: Bool

    /// The program of a process, which is named like its folder in `/proc`.
    ///
    /// `nil` if the process has ended or belongs to another user.
    init?(of process: String) {
        var status = stat()
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let link = "/proc/\(process)/exe"
        guard stat(link, &status) == 0 else { return nil }
        let count = readlink(link, &bytes, bytes.count)
        guard count > 0 else { return nil }
        (device, number) = (status.st_dev, status.st_ino)
        let text = String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // The kernel appends this to the path of a deleted file, but a file's own name may end like this, too.
        let mark = " (deleted)"
        isReplaced = text.hasSuffix(mark) && access(text, F_OK) != 0
        path = isReplaced ? String(text.dropLast(mark.count)) : text
    }

    /// Whether both are the same file, or one replaced the other at the same path.
    func isSame(as other: ProgramFile) -> Bool {
        if device == other.device, number == other.number { return true }
        return path == other.path && (isReplaced || other.isReplaced)
    }
}
