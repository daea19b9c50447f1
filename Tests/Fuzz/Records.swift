import CFastCGI
import Glibc

@testable import FastCGI

/// Without it libfcgi takes nothing.
private let isLibraryReady = FCGX_Init() == 0

/// FastCGI records, as a peer sends them: the scan, libfcgi, and the drain of a body that nobody reads.
func fuzzRecords(_ input: [UInt8]) {
    let verdict = scan(input[...])
    // More bytes never change a final verdict.
    for count in [input.count / 4, input.count / 2, input.count * 3 / 4] {
        switch (scan(input[..<count]), verdict) {
        case (.malformed(let early), .malformed(let late)): precondition(early == late)
        case (.malformed, _): preconditionFailure("more bytes mend a malformed request")
        case (.request(let early, _), .request(let late, _)): precondition(early == late)
        // What follows the head of a request may still be out of order.
        case (.request(_, .unfinished), _), (.request(_, .absent), _): break
        case (.request, _): preconditionFailure("more bytes break a request")
        case (.incomplete, _): break
        }
    }

    var drain = BodyDrain()
    var (rest, whole) = (input[...], BodyDrain())
    var pieces = BodyDrain.Progress.unfinished
    while pieces == .unfinished, !rest.isEmpty {
        let piece = rest.prefix(7)
        rest = rest.dropFirst(7)
        pieces = piece.withUnsafeBytes { drain.skip($0) }
    }
    switch (pieces, input.withUnsafeBytes { whole.skip($0) }) {
    case (.unfinished, .unfinished), (.malformed, .malformed), (.ended, .ended): break
    default: preconditionFailure("a body ends elsewhere if it arrives in pieces")
    }

    guard case .request(let role, let body) = verdict, input.count < 100_000 else { return }
    // libfcgi must take what the scan has let pass, without more bytes.
    precondition(isLibraryReady)
    let head = if case .unfinished(let count) = body { count } else { input.count }
    let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
    let taken = Array(input).withUnsafeBytes {
        RequestReader().take(UnsafeRawBufferPointer(rebasing: $0[..<head]), from: descriptor, role, body)
    }
    guard let taken else { preconditionFailure("libfcgi does not take a request that the scan lets pass") }
    precondition(taken.request.bytes(of: Array("REMOTE_ADDR".utf8))?.count ?? 0 <= 65_536)
    close(descriptor)
}

private func scan(_ bytes: ArraySlice<UInt8>) -> RecordScan {
    Array(bytes).withUnsafeBytes { RecordScan($0) }
}
