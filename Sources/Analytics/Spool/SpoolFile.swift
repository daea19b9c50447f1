import Glibc

/// A file of batches in order: the owner of a descriptor and of its lock (`flock`), which ends with the process.
///
/// A record is its length (4 bytes), its checksum (8 bytes), both in this machine's byte order, and its text. An incomplete
/// record at the end, left by a process that was killed, is ignored.
final class SpoolFile {
    private static let headerLength = 12
    private static let maximumRecordLength = 64 << 20

    let path: String
    private let descriptor: Int32
    /// The size in bytes of all complete records.
    private(set) var size = 0

    /// Creates a file, and locks it before other processes see it.
    ///
    /// - Throws: ``SpoolError``.
    init(creating path: String) throws(SpoolError) {
        self.path = path
        let unlockedPath = path + ".new"
        descriptor = open(unlockedPath, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SpoolError(path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, rename(unlockedPath, path) == 0 else {
            let error = SpoolError(path)
            unlink(unlockedPath)
            throw error
        }
    }

    /// Takes over the file of a process that has ended; `nil` if the process is alive or another one took the file over.
    init?(adopting path: String) {
        self.path = path
        descriptor = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
        var status = stat()
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0,
            status.st_nlink > 0
        else { return nil }
        size = Int(status.st_size)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Appends a whole record or nothing.
    ///
    /// - Throws: ``SpoolError``.
    func append(_ text: [UInt8]) throws(SpoolError) {
        var record: [UInt8] = []
        record.reserveCapacity(Self.headerLength + text.count)
        withUnsafeBytes(of: UInt32(text.count)) { record.append(contentsOf: $0) }
        withUnsafeBytes(of: Self.checksum(text)) { record.append(contentsOf: $0) }
        record += text
        let written = record.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == record.count else {
            let error = written < 0 ? SpoolError(path) : SpoolError(path, ENOSPC)
            ftruncate(descriptor, off_t(size))
            throw error
        }
        size += record.count
    }

    /// The record at `offset` and the offset of the next one; `nil` if there is no complete record.
    func record(at offset: Int) -> (text: [UInt8], next: Int)? {
        guard let header = bytes(at: offset, count: Self.headerLength) else { return nil }
        let (length, checksum) = header.withUnsafeBytes {
            (Int($0.loadUnaligned(as: UInt32.self)), $0.loadUnaligned(fromByteOffset: 4, as: UInt64.self))
        }
        guard length <= Self.maximumRecordLength, let text = bytes(at: offset + Self.headerLength, count: length),
            Self.checksum(text) == checksum
        else { return nil }
        return (text, offset + Self.headerLength + length)
    }

    /// Removes all records.
    func empty() {
        ftruncate(descriptor, 0)
        size = 0
    }

    /// Removes the file.
    func remove() {
        unlink(path)
    }

    private func bytes(at offset: Int, count: Int) -> [UInt8]? {
        guard offset + count <= size else { return nil }
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, end in
            while end < count {
                let got = pread(descriptor, buffer.baseAddress.map { $0 + end }, count - end, off_t(offset + end))
                guard got > 0 else { return }
                end += got
            }
        }
        return bytes.count == count ? bytes : nil
    }

    /// FNV-1a, which detects what a crash has torn, not what a person has changed.
    private static func checksum(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

/// Why a batch could not be put into the spool, in one line.
struct SpoolError: Error, Hashable, CustomStringConvertible {
    let description: String

    /// The error of the last system call, on `path`.
    init(_ path: String, _ code: Int32 = errno) {
        description = "\(path): \(String(cString: strerror(code)))"
    }

    init(text: String) {
        description = text
    }
}
