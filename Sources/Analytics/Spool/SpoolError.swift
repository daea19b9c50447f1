import Glibc
import Platform

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

    init(_ error: PrivateFolderError) {
        description = error.description
    }
}
