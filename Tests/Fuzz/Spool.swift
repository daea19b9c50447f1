import Glibc

@testable import Analytics

/// A spool file that a dead process has left: only whole records come out, and their texts are parts of the file.
func fuzzSpool(_ input: [UInt8]) {
    guard let location = SpoolLocation(folder) else { return }
    let spool = Spool(location, name: "living")
    if isEmpty { try? spool.append([]) }
    let path = folder + "/dead.spool"
    let file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0o600)
    guard file >= 0, write(file, input, input.count) == input.count else { preconditionFailure("no room for a file") }
    close(file)
    var size = 0
    spool.adopt(limit: 3) { chunk in
        precondition((1...3).contains(chunk.count))
        size += chunk.json.count
    }
    precondition(size <= 2 * input.count)
    precondition(access(path, F_OK) != 0, "an adopted file stays")
}

/// In memory, and removed by whoever runs the program.
private let folder = "/dev/shm/fcgi-limiter-fuzz-\(getpid())"
private var isEmpty: Bool { access(folder, F_OK) != 0 }
