import Glibc
import Platform

/// A file of batches in order: the owner of a descriptor and of its lock (`flock`), which ends with the process.
///
/// A record is its length (4 bytes), its checksum (8 bytes), both in this machine's byte order, and its text. An incomplete
/// record at the end, left by a process that was killed, is ignored.
final class SpoolFile {
    private static let headerLength = 12
    private static let maximumRecordLength = 64 << 20

    private let path: String
    private let descriptor: Int32
    /// The size in bytes of all complete records.
    private(set) var size = 0

    /// Creates the file `name`, and locks it before other processes see it.
    init(creating name: String, in folder: PrivateFolder) throws(PrivateFolderError) {
        path = "\(folder.path)/\(name)"
        let unlockedPath = path + ".new"
        descriptor = try folder.openFile(name + ".new", O_RDWR | O_EXCL | O_APPEND)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, rename(unlockedPath, path) == 0 else {
            let code = errno
            unlink(unlockedPath)
            throw .system(path: path, code: code)
        }
    }

    /// Takes over the file of a process that has ended.
    ///
    /// - Returns: `nil` if the process is alive, if another one took the file over, or if the file does not belong to the
    ///   folder's owner.
    init?(adopting name: String, in folder: PrivateFolder) {
        guard let descriptor = try? folder.openFile(name, O_RDWR | O_APPEND) else { return nil }
        self.descriptor = descriptor
        path = "\(folder.path)/\(name)"
        var status = stat()
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0,
            status.st_nlink > 0
        else { return nil }
        size = Int(status.st_size)
    }

    deinit {
        close(descriptor)
    }

    /// Appends a whole record or nothing.
    func append(_ text: [UInt8]) throws(PrivateFolderError) {
        var record: [UInt8] = []
        record.reserveCapacity(Self.headerLength + text.count)
        withUnsafeBytes(of: UInt32(text.count)) { record.append(contentsOf: $0) }
        withUnsafeBytes(of: Self.checksum(text)) { record.append(contentsOf: $0) }
        record += text
        let written = record.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == record.count else {
            let code = written < 0 ? errno : ENOSPC
            ftruncate(descriptor, off_t(size))
            throw .system(path: path, code: code)
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
