import Foundation
import Servers
import Testing

@testable import Analytics

/// Every state that a crash of the machine can leave on the disk.
///
/// The spool appends to one file and never writes into what is there. So the disk has the file up to some byte, or up to some byte
/// and then zeros, if the new length was written before the data.
@Suite("A spool whose machine loses power")
struct PowerCutTests {
    /// What a limiter did with its spool, and what was on disk after each step.
    private struct Recording {
        /// The batches that were appended and not yet confirmed, and the file, after each step.
        var steps: [(waiting: [String], file: Data)] = []
    }

    /// Batches of many lengths, among them an empty one and one that looks like zeros.
    private static let batches = ["1", "", "{\"a\":[1,2,3]}", String(repeating: "\0", count: 40), "22"]

    private func record(in folder: TemporaryFolder) throws -> Recording {
        let location = try #require(SpoolLocation(folder.path("spool")))
        let spool = Spool(location, name: "a")
        var recording = Recording()
        var waiting: [String] = []
        func note() throws {
            let file = try Data(contentsOf: URL(fileURLWithPath: folder.path("spool/a.spool")))
            recording.steps.append((waiting, file))
        }
        for batch in Self.batches {
            try spool.append(Array(batch.utf8))
            waiting.append(batch)
            try note()
        }
        // PostgreSQL writes them all, which empties the file, and the next ones follow.
        spool.confirm(try #require(spool.next(limit: 60)))
        waiting = []
        try note()
        for batch in Self.batches.reversed() {
            try spool.append(Array(batch.utf8))
            waiting.append(batch)
            try note()
        }
        return recording
    }

    @Test(
        "every batch that had reached the disk is written, in order, and no part of another",
        arguments: [0, 1, 12, 500])
    func cuts(zeros: Int) throws {
        let folder = try TemporaryFolder()
        let recording = try record(in: folder)
        var cuts = 0
        for (before, after) in zip([([], Data())] + recording.steps, recording.steps) {
            guard after.file.count > before.file.count else { continue }
            for length in before.file.count...after.file.count {
                let disk = after.file.prefix(length) + Data(count: zeros)
                // The end of a batch may be zeros, too.
                let expected = disk.starts(with: after.file) ? after.waiting : before.waiting
                #expect(try adopted(disk) == expected, "cut at byte \(length), then \(zeros) zeros")
                cuts += 1
            }
        }
        #expect(cuts > 200)
    }

    /// What another limiter finds after the reboot.
    private func adopted(_ disk: Data) throws -> [String] {
        let folder = try TemporaryFolder()
        let spool = Spool(try #require(SpoolLocation(folder.path("spool"))), name: "b")
        try spool.append([])
        try disk.write(to: URL(fileURLWithPath: folder.path("spool/a.spool")))
        var batches: [String] = []
        spool.adopt(limit: 1) { batches.append(String(decoding: $0.json.dropFirst().dropLast(), as: UTF8.self)) }
        return batches
    }
}
