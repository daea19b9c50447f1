import Glibc
import Platform
import Synchronization

/// Where every batch waits until PostgreSQL has written it: a file of this process in a folder that many processes share.
///
/// A batch is in the file before it is sent, so a process that is killed loses at most the second that it was counting.
/// Other processes write what it has left.
final class Spool: Sendable {
    /// How much room is left.
    enum Room {
        case enough
        /// Enough for sums, but not for detail.
        case little
        case none
    }

    /// The next batches, as a JSON array for `limiter.write`.
    struct Chunk: Sendable {
        let json: [UInt8]
        let count: Int
        fileprivate let end: Int
    }

    private struct State {
        var file: SpoolFile?
        /// The offset of the first record that PostgreSQL does not have yet, and the number of records from there.
        var start = 0
        var count = 0
    }

    private let location: SpoolLocation
    private let name: String
    private let state = Mutex(State())

    init(_ location: SpoolLocation, name: String) {
        self.location = location
        self.name = name + ".spool"
    }

    /// The number of batches that wait.
    var count: Int { state.withLock(\.count) }

    /// The size of the batches that wait, in bytes.
    var bytes: Int { state.withLock { ($0.file?.size ?? 0) - $0.start } }

    /// Appends a batch.
    ///
    /// Only this user can write to the folder: others may have created it first, to plant batches in it.
    ///
    /// - Throws: ``PrivateFolderError``, leaving the spool unchanged.
    func append(_ text: [UInt8]) throws(PrivateFolderError) {
        try state.withLock { (state: inout State) throws(PrivateFolderError) in
            if state.file == nil { state.file = try SpoolFile(creating: name, in: PrivateFolder(location.path)) }
            try state.file?.append(text)
            state.count += 1
        }
    }

    /// How much room is left for all files of the folder together.
    var room: Room {
        // Usually nothing waits, and then the folder need not be read every second.
        guard count > 0 else { return .enough }
        let used = names().reduce(0) { $0.saturatingAdding(size(of: $1)) }
        return used >= location.size ? .none : used >= location.size / 4 * 3 ? .little : .enough
    }

    /// The next batches, at most `limit` and not much more than a megabyte; `nil` if there are none.
    func next(limit: Int) -> Chunk? {
        state.withLock { $0.file.flatMap { [start = $0.start] in Self.chunk(of: $0, from: start, limit: limit) } }
    }

    /// Notes that PostgreSQL has written the batches.
    func confirm(_ chunk: Chunk) {
        state.withLock { state in
            state.start = chunk.end
            state.count -= chunk.count
            if state.start >= state.file?.size ?? 0 {
                state.file?.empty()
                state.start = 0
            }
        }
    }

    /// Whether the folder has files of other processes.
    var hasOtherFiles: Bool { names().contains { $0 != name } }

    /// Calls `write` with the batches that dead processes have left, and removes their files.
    ///
    /// A folder or file that belongs to another user is ignored: anyone could have forged its batches.
    ///
    /// - Throws: what `write` throws. The file then stays.
    func adopt<Failure>(limit: Int, _ write: (Chunk) throws(Failure) -> Void) throws(Failure) {
        guard let folder = try? PrivateFolder(location.path) else { return }
        for name in names() where name != self.name {
            guard let file = SpoolFile(adopting: name, in: folder) else { continue }
            var start = 0
            while let chunk = Self.chunk(of: file, from: start, limit: limit) {
                try write(chunk)
                start = chunk.end
            }
            file.remove()
        }
    }

    /// Removes the file, if no batch waits.
    func close() {
        state.withLock { state in
            guard state.count == 0 else { return }
            state.file?.remove()
            state.file = nil
        }
    }

    private static func chunk(of file: SpoolFile, from start: Int, limit: Int) -> Chunk? {
        var json: [UInt8] = [UInt8(ascii: "[")]
        var end = start
        var count = 0
        while count < limit, json.count < 1 << 20, let (text, next) = file.record(at: end) {
            if count > 0 { json.append(UInt8(ascii: ",")) }
            json += text
            count += 1
            end = next
        }
        guard count > 0 else { return nil }
        json.append(UInt8(ascii: "]"))
        return Chunk(json: json, count: count, end: end)
    }

    private func names() -> [String] {
        guard let folder = opendir(location.path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".spool") { names.append(name) }
        }
        return names
    }

    private func size(of name: String) -> Int {
        var status = stat()
        return lstat("\(location.path)/\(name)", &status) == 0 ? Int(status.st_size) : 0
    }
}
