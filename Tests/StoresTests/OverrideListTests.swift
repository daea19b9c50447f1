import Limiters
import Servers
import Synchronization
import Testing

@testable import Stores

@Suite("Overrides in a store")
struct OverrideListTests {
    /// A store, and what it needs to live.
    private struct Place {
        let location: StoreLocation
        let servers: any Sendable

        init(_ kind: String) throws {
            switch kind {
            case "embedded":
                let folder = try TemporaryFolder()
                (location, servers) = (try StoreLocation("embedded:\(folder.path("store"))"), folder)
            case "redis":
                // The permissions that the documentation grants are enough.
                let rights = try AccessControlList.rights(password: "secret")
                let server = try RedisServer(options: ["user limiter \(rights)"])
                (location, servers) = (try StoreLocation("redis+unix://limiter:secret@\(server.socket)"), server)
            default:
                let cluster = try RedisCluster()
                (location, servers) = (try StoreLocation(cluster.location), cluster)
            }
        }

        /// Opens the store twice, as two processes would.
        func open() throws -> (any Store, any Store) {
            let opener = try location.opener(deadlines: .patient)
            return (opener(), opener())
        }
    }

    private static func draft(
        _ client: String, _ effect: Override.Effect = .ban, seconds: Int64 = 60, reason: String = "why"
    ) throws -> Override {
        try Override(
            client: client, effect: effect, reason: reason, author: "alice", since: 0, until: seconds * 1_000_000)
    }

    @Test("are seen by all who use the store, replaced and ended", arguments: ["embedded", "redis", "cluster"])
    func seen(kind: String) throws {
        let place = try Place(kind)
        let (one, other) = try place.open()
        #expect(try one.overrides().overrides.isEmpty)
        let before = try one.overrides().now
        let reason = "a \"reason\" & 100 % of it, like\u{301} this = 1"
        let made = try #require(try one.put(Self.draft("api_key=a", reason: reason)).made)
        #expect(made.since >= before)
        #expect(made.until - made.since == 60_000_000)
        #expect(try other.overrides().overrides == [made])
        // A limit stays beside a ban, and an exemption replaces the ban.
        let limit = try other.put(Self.draft("api_key=a", .limit(7, policy: "p")))
        #expect(limit.removed.isEmpty)
        let exemption = try other.put(Self.draft("api_key=a", .exempt))
        #expect(exemption.removed == [made])
        #expect(try one.overrides().overrides == [limit, exemption].compactMap(\.made))
        #expect(try one.removeOverrides { $0.client == "api_key=b" }.removed.isEmpty)
        #expect(try one.removeOverrides { $0.policy == nil }.removed == [exemption].compactMap(\.made))
        #expect(try other.overrides().overrides == [limit].compactMap(\.made))
    }

    @Test("of a version that the reader knows are not sent again", arguments: ["embedded", "redis", "cluster"])
    func known(kind: String) throws {
        let place = try Place(kind)
        let (one, other) = try place.open()
        #expect(try one.sharedText(.overrides, known: 0).bytes == nil)
        _ = try one.put(Self.draft("api_key=a"))
        let text = try other.sharedText(.overrides, known: 0)
        #expect(text.bytes?.isEmpty == false)
        #expect(try other.sharedText(.overrides, known: text.version).bytes == nil)
        #expect(try other.sharedText(.tokens, known: 0).version == 0)
        // A writer that knows an older version does not replace the newer one.
        let answer = try one.replaceSharedText(.overrides, known: 0, by: [], until: text.now + 1_000_000)
        #expect(answer.bytes == text.bytes)
        #expect(try other.overrides().overrides.count == 1)
    }

    @Test("that many put at the same time are all kept", arguments: ["embedded", "redis"])
    func concurrent(kind: String) async throws {
        let place = try Place(kind)
        let opener = try place.location.opener(deadlines: .patient)
        try await withThrowingTaskGroup { group in
            for number in 0..<8 {
                group.addTask {
                    let store = opener()
                    for part in 0..<5 { _ = try store.put(Self.draft("api_key=\(number)-\(part)")) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try opener().overrides().overrides.count == 40)
    }

    @Test("end by the store's clock", arguments: ["embedded", "redis", "cluster"])
    func ended(kind: String) throws {
        let place = try Place(kind)
        let (one, _) = try place.open()
        let made = try #require(try one.put(Self.draft("api_key=a", seconds: 1)).made)
        _ = try one.put(Self.draft("api_key=b"))
        #expect(try waitUntil(every: 20) { try one.overrides().overrides.map(\.client) == ["api_key=b"] })
        #expect(try one.overrides().now >= made.until)
    }

    @Test("are at most 10,000")
    func capacity() throws {
        let place = try Place("embedded")
        let (store, _) = try place.open()
        let now = try store.overrides().now
        let full = try (0..<OverrideList.capacity).map { number in
            try Self.draft("address=10.0.\(number >> 8).\(number & 255)").shifted(by: now)
        }
        let text = try #require(OverrideList.text(full))
        _ = try store.replaceSharedText(.overrides, known: 0, by: text, until: now + 60_000_000)
        let error = #expect(throws: StoreError.self) { try store.put(Self.draft("api_key=a")) }
        #expect(error?.kind == .full)
        #expect(
            error?.description
                == "the store is full of overrides: remove some with fcgi-limiter override remove")
        // One that replaces another has room.
        #expect(try store.put(Self.draft("address=10.0.0.1", .exempt)).removed.count == 1)
        #expect(try store.overrides().overrides.count == 10_000)
    }

    @Test(
        "with a text that is not one line are not valid",
        arguments: ["", "a\nb", "\u{1B}[31m", "a\u{202E}b", String(repeating: "x", count: 201)])
    func texts(reason: String) throws {
        #expect(throws: OverrideError.self) { try Self.draft("api_key=a", reason: reason) }
        // Nor is such a line in a store.
        let line = try Self.draft("api_key=a").line.replacing("why", with: reason.isEmpty ? "" : "a%0Ab")
        #expect(Override(line: line.utf8) == nil)
    }
}
