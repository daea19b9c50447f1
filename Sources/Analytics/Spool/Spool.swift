import Glibc
import Synchronization

/// Where every batch waits until PostgreSQL has it: a file of this process in a folder that many share.
///
/// A batch is there before it is sent, so a process that is killed loses at most the second that it was counting. Whoever
/// lives writes what the dead have left.
final class Spool: Sendable {
    /// How much more fits.
    enum Room {
        case enough
        /// For totals, but not for detail.
        case little
        case none
    }

    /// Batches that come next, as an array for `limiter.write`.
    struct Chunk: Sendable {
        let json: [UInt8]
        let count: Int
        fileprivate let end: Int
    }

    private struct State {
        var file: SpoolFile?
        /// The first byte that PostgreSQL does not have yet, and how many records come from there.
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

    /// How many batches wait.
    var count: Int { state.withLock(\.count) }

    /// How many bytes the batches take that wait.
    var bytes: Int { state.withLock { ($0.file?.size ?? 0) - $0.start } }

    /// Appends a batch.
    ///
    /// - Throws: ``SpoolError``; then the spool is as it was.
    func append(_ text: [UInt8]) throws(SpoolError) {
        try state.withLock { (state: inout State) throws(SpoolError) in
            if state.file == nil {
                try makeFolder()
                state.file = try SpoolFile(creating: path(name))
            }
            try state.file?.append(text)
            state.count += 1
        }
    }

    /// How much more fits, as far as all files in the folder are concerned.
    var room: Room {
        // Alone in an empty file there is no need to look at the others each second.
        guard count > 0 else { return .enough }
        let used = names().reduce(0) { $0 + Self.size(path($1)) }
        return used >= location.size ? .none : used >= location.size / 4 * 3 ? .little : .enough
    }

    /// The batches that come next: at most so many, and not much more than a megabyte; `nil` where there are none.
    func next(most: Int) -> Chunk? {
        state.withLock { $0.file.flatMap { [start = $0.start] in Self.chunk(of: $0, from: start, most: most) } }
    }

    /// Notes that PostgreSQL has the batches.
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

    /// Calls `write` with what dead processes have left, and removes it.
    ///
    /// - Throws: what `write` throws; what is not written then stays.
    func adopt<Failure>(most: Int, _ write: (Chunk) throws(Failure) -> Void) throws(Failure) {
        for name in names() where name != self.name {
            guard let file = SpoolFile(adopting: path(name)) else { continue }
            var start = 0
            while let chunk = Self.chunk(of: file, from: start, most: most) {
                try write(chunk)
                start = chunk.end
            }
            file.remove()
        }
    }

    /// Removes the file, if nothing in it waits.
    func close() {
        state.withLock { state in
            guard state.count == 0 else { return }
            state.file?.remove()
            state.file = nil
        }
    }

    private static func chunk(of file: SpoolFile, from start: Int, most: Int) -> Chunk? {
        var json: [UInt8] = [UInt8(ascii: "[")]
        var end = start
        var count = 0
        while count < most, json.count < 1 << 20, let (text, next) = file.record(at: end) {
            if count > 0 { json.append(UInt8(ascii: ",")) }
            json += text
            count += 1
            end = next
        }
        guard count > 0 else { return nil }
        json.append(UInt8(ascii: "]"))
        return Chunk(json: json, count: count, end: end)
    }

    /// Makes the folder, or sees that it is ours alone: below `/var/tmp` others could have made it first.
    private func makeFolder() throws(SpoolError) {
        var status = stat()
        if mkdir(location.path, 0o700) != 0, errno != EEXIST { throw SpoolError(location.path) }
        guard lstat(location.path, &status) == 0 else { throw SpoolError(location.path) }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw SpoolError(text: "\(location.path) is not a folder that only this user can write to")
        }
    }

    private func path(_ name: String) -> String { location.path + "/" + name }

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

    private static func size(_ path: String) -> Int {
        var status = stat()
        return lstat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
