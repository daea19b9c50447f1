import Foundation
import Platform
import Servers
import Synchronization
import Testing

@testable import Analytics

@Suite("The spool")
struct SpoolTests {
    private static func spool(_ folder: TemporaryFolder, _ name: String = "a", size: Int = 1 << 20) throws -> Spool {
        Spool(try #require(SpoolLocation("\(folder.path("spool"))?size=\(size)")), name: name)
    }

    private static func texts(_ chunk: Spool.Chunk?) -> String? {
        chunk.map { String(decoding: $0.json, as: UTF8.self) }
    }

    @Test("batches come out in order, up to the limit, and no file is left when all are confirmed")
    func order() throws {
        let folder = try TemporaryFolder()
        let spool = try Self.spool(folder)
        #expect(spool.next(limit: 5) == nil)
        for text in ["1", "22", "[3]"] { try spool.append(Array(text.utf8)) }
        let first = try #require(spool.next(limit: 2))
        #expect(Self.texts(first) == "[1,22]")
        spool.confirm(first)
        #expect(spool.count == 1)
        try spool.append(Array("4".utf8))
        let second = try #require(spool.next(limit: 60))
        #expect(Self.texts(second) == "[[3],4]")
        spool.confirm(second)
        #expect(spool.count == 0)
        #expect(spool.bytes == 0)
        spool.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("spool")) == [])
    }

    @Test("files of dead processes are adopted, except for a torn end, and files of living ones are not")
    func adoption() throws {
        let folder = try TemporaryFolder()
        var dead: Spool? = try Self.spool(folder, "dead")
        for text in ["1", "22", "333"] { try dead?.append(Array(text.utf8)) }
        let living = try Self.spool(folder, "living")
        try living.append(Array("4".utf8))
        var adopted: [String] = []
        living.adopt(limit: 60) { adopted.append(Self.texts($0) ?? "") }
        #expect(adopted == [])

        // The lock ends when the file is closed.
        dead = nil
        let path = folder.path("spool/dead.spool")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        try bytes.dropLast(2).write(to: URL(fileURLWithPath: path))
        struct Refusal: Error {}
        #expect(throws: Refusal.self) { try living.adopt(limit: 1) { _ throws(Refusal) in throw Refusal() } }
        living.adopt(limit: 1) { adopted.append(Self.texts($0) ?? "") }
        #expect(adopted == ["[1]", "[22]"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("spool")) == ["living.spool"])
    }

    @Test("reading stops at a record that was changed")
    func checksum() throws {
        let folder = try TemporaryFolder()
        var dead: Spool? = try Self.spool(folder, "dead")
        for text in ["1", "22", "333"] { try dead?.append(Array(text.utf8)) }
        dead = nil
        let path = folder.path("spool/dead.spool")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[13 + 12] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        var adopted: [String] = []
        try Self.spool(folder).adopt(limit: 60) { adopted.append(Self.texts($0) ?? "") }
        #expect(adopted == ["[1]"])
    }

    @Test(
        "a folder that others can write to, that belongs to another user, or that is a symbolic link is refused",
        arguments: ["mode", "owner", "link"])
    func foreign(kind: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("spool")
        // Somebody else planted a batch there.
        var planted: Spool? = try Self.spool(folder, "planted")
        try planted?.append(Array("1".utf8))
        planted = nil
        switch kind {
        case "mode": chmod(path, 0o777)
        // Only root can give a folder away.
        case "owner": if geteuid() == 0 { chown(path, 12_345, 12_345) } else { return try foreignRoot() }
        default:
            try FileManager.default.moveItem(atPath: path, toPath: folder.path("elsewhere"))
            symlink(folder.path("elsewhere"), path)
        }
        let spool = try Self.spool(folder)
        let error = #expect(throws: PrivateFolderError.self) { try spool.append([1]) }
        #expect(error?.description.hasPrefix("\(path) ") == true)
        #expect(error?.description.contains("name another folder") == true)
        spool.adopt(limit: 60) { _ in Issue.record("a planted batch was adopted") }
        let files = try FileManager.default.contentsOfDirectory(atPath: path)
        #expect(files == ["planted.spool"])
    }

    private func foreignRoot() throws {
        let error = #expect(throws: PrivateFolderError.self) {
            try Spool(#require(SpoolLocation("/var/spool")), name: "a").append([1])
        }
        #expect(error?.description.contains("belongs to another user (0)") == true)
    }

    @Test(
        "a file of another user, a symbolic link, and a file with a second name are not adopted",
        // Only root can give a file away.
        arguments: geteuid() == 0 ? ["owner", "link", "hard link"] : ["link", "hard link"])
    func foreignFile(kind: String) throws {
        let folder = try TemporaryFolder()
        var planted: Spool? = try Self.spool(folder, "planted")
        try planted?.append(Array("1".utf8))
        planted = nil
        let path = folder.path("spool/planted.spool")
        switch kind {
        case "owner": chown(path, 12_345, 12_345)
        case "link":
            try FileManager.default.moveItem(atPath: path, toPath: folder.path("elsewhere"))
            symlink(folder.path("elsewhere"), path)
        default: link(path, folder.path("elsewhere"))
        }
        try Self.spool(folder).adopt(limit: 60) { _ in Issue.record("a planted batch was adopted") }
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test("the default folder is the service's, one in /var/spool that the user owns, or one in /var/tmp")
    func defaults() {
        #expect(SpoolLocation(stateFolder: "/var/lib/x", user: 0).path == "/var/lib/x/spool")
        #expect(SpoolLocation(stateFolder: nil, user: 0).path == "/var/spool/fcgi-limiter")
        #expect(SpoolLocation(stateFolder: nil, user: 12_345).path == "/var/tmp/fcgi-limiter-12345")
    }

    @Test("a spool that fills up drops detail, then keeps counts in memory; sums are exact, and one line is logged")
    func full() throws {
        let folder = try TemporaryFolder()
        let recording = try Recording("host=/nowhere dbname=x")
        let spool = try Self.spool(folder, size: 65_536)
        let process = RecordedProcess(mode: .serve, version: "", store: "embedded", loops: 1)
        let notices = Recording.Notices()
        let outbox = Outbox(
            recording.ledger, BatchJSON(recorder: "r", process: process, names: .plain), spool, connections: { 0 },
            storeError: nil
        ) { notice in
            if case .problem(let line) = notice { notices.problems.withLock { $0.append(line) } }
        }
        var sent = 0
        for second in 0..<200 {
            for client in 0..<100 { recording.count(1, client: "\(second)-\(client)", .blocked) }
            sent += 100
            outbox.fill(sendsHeartbeats: false)
        }
        #expect(spool.room == .none)
        #expect(spool.bytes < 65_536 + 32_768)
        #expect(
            notices.problems.withLock(\.self) == [
                "the spool is full; counts stay in memory, and are lost if the process is killed"
            ])

        var spooled = 0
        var hasDetail: [Bool] = []
        while let chunk = spool.next(limit: 1) {
            let batches = try #require(JSONSerialization.jsonObject(with: Data(chunk.json)) as? [[String: Any]])
            for batch in batches {
                let rows = try #require(batch["decisions"] as? [[Any]])
                let clients = try #require(batch["clients"] as? [[Any]])
                let requests = rows.reduce(0) { $0 + ($1[3] as? Int ?? 0) }
                #expect(clients.reduce(0) { $0 + ($1[4] as? Int ?? 0) } == requests)
                spooled += requests
                hasDetail.append(clients.count > 1)
            }
            spool.confirm(chunk)
        }
        #expect(hasDetail.first == true)
        #expect(hasDetail.last == false)
        #expect(spooled + Int(outbox.requestsInMemory) == sent)
        #expect(spooled < sent)
        outbox.fill(sendsHeartbeats: false)
        #expect(outbox.requestsInMemory == 0)
    }
}
