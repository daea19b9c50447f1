import Glibc

/// A folder that only its owner can write to, so that nobody else can plant, replace or truncate a file in it.
///
/// The folder must belong to this process's user. Root may also use another user's folder, provided that no folder above
/// it is writable by others: then nobody could have put the folder there but a user whom the machine trusts with the path.
public final class PrivateFolder: Sendable {
    /// The path of the folder as it was given.
    public let path: String
    private let descriptor: Int32
    private let owner: uid_t

    /// Opens the folder `path`, which is created with mode 0700 if it is missing.
    public init(_ path: String) throws(PrivateFolderError) {
        for (index, byte) in path.utf8.enumerated().dropFirst() where byte == UInt8(ascii: "/") {
            mkdir(String(path.utf8.prefix(index)) ?? path, 0o755)
        }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .system(path: path, code: errno) }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .system(path: path, code: errno) }
        guard status.st_mode & S_IFMT != S_IFLNK else { throw .symbolicLink(path: path) }
        let opened = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else { throw .system(path: path, code: errno) }
        // From here on the descriptor decides: the path may name something else by now.
        fstat(opened, &status)
        if let error = Self.fault(path, status) {
            close(opened)
            throw error
        }
        self.path = path
        descriptor = opened
        owner = status.st_uid
    }

    deinit {
        close(descriptor)
    }

    private static func fault(_ path: String, _ status: stat) -> PrivateFolderError? {
        let isTrusted = status.st_uid == geteuid() || (geteuid() == 0 && hasTrustedAncestors(path))
        if !isTrusted { return .foreignOwner(path: path, owner: status.st_uid) }
        return status.st_mode & 0o022 != 0 ? .writableByOthers(path: path) : nil
    }

    private static func hasTrustedAncestors(_ path: String) -> Bool {
        var ancestor = path[...]
        while let slash = ancestor.lastIndex(of: "/") {
            ancestor = ancestor[..<slash]
            var status = stat()
            guard stat(ancestor.isEmpty ? "/" : String(ancestor), &status) == 0, status.st_uid == 0,
                status.st_mode & 0o022 == 0
            else { return false }
        }
        return path.hasPrefix("/")
    }

    /// Opens the file `name` in the folder (`openat`); a missing file is created with mode 0600.
    ///
    /// - Parameters:
    ///   - name: a name without a slash.
    ///   - flags: `O_RDWR` and the like; `O_CREAT`, `O_NOFOLLOW` and `O_CLOEXEC` are added.
    /// - Returns: the descriptor, which the caller closes.
    /// - Throws: ``PrivateFolderError`` if the name belongs to anything but a file of the folder's owner.
    public func openFile(_ name: String, _ flags: Int32) throws(PrivateFolderError) -> Int32 {
        let file = openat(descriptor, name, flags | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw errno == ELOOP
                ? .symbolicLink(path: "\(path)/\(name)") : .system(path: "\(path)/\(name)", code: errno)
        }
        var status = stat()
        fstat(file, &status)
        do throws(PrivateFolderError) {
            try checkFile(name, status)
        } catch {
            close(file)
            throw error
        }
        return file
    }

    /// Checks that `name` is missing, or a regular file of the folder's owner with no other name.
    public func checkFile(_ name: String) throws(PrivateFolderError) {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            guard errno == ENOENT else { throw .system(path: "\(path)/\(name)", code: errno) }
            return
        }
        try checkFile(name, status)
    }

    private func checkFile(_ name: String, _ status: stat) throws(PrivateFolderError) {
        guard status.st_mode & S_IFMT != S_IFLNK else { throw .symbolicLink(path: "\(path)/\(name)") }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_nlink <= 1, status.st_uid == owner || status.st_uid == 0
        else {
            throw .foreignOwner(path: "\(path)/\(name)", owner: status.st_uid)
        }
    }
}

/// Why a folder or a file in it is not safe to use, or cannot be used at all.
public enum PrivateFolderError: Error, Hashable, CustomStringConvertible {
    /// The system refuses with this error number.
    case system(path: String, code: Int32)
    /// A symbolic link, which is not followed.
    case symbolicLink(path: String)
    /// The path belongs to another user, or is not an ordinary file.
    case foreignOwner(path: String, owner: UInt32)
    /// The group or everybody may write to the folder.
    case writableByOthers(path: String)

    /// One line that says what is wrong and what to do.
    public var description: String {
        switch self {
        case .system(let path, let code): "\(path): \(String(cString: strerror(code)))"
        case .symbolicLink(let path): "\(path) is a symbolic link: remove the link, or name another folder"
        case .foreignOwner(let path, let owner):
            "\(path) belongs to another user (\(owner)): remove it, run as that user, or name another folder"
        case .writableByOthers(let path):
            "\(path) can be written by other users: run chmod go-w \(path), or name another folder"
        }
    }
}
