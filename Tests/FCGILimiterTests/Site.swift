import Servers
import Testing

/// Where the states of the limits are.
enum StoreKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case embedded
    case redis

    var testDescription: String { rawValue }
}

/// A private nginx, the limiters that it asks, and their store.
final class Site {
    let store: String
    let redis: RedisServer?
    let limiters: [LimiterProcess]
    let nginx: NginxServer
    private let folder: TemporaryFolder

    /// Starts them.
    ///
    /// - Parameters:
    ///   - kind: where the states of the limits are.
    ///   - limiters: how many processes share that store.
    ///   - flags: further flags of each.
    /// - Throws: ``ServerError`` when a program is missing or does not start.
    init(_ kind: StoreKind, limiters: Int = 1, flags: [String] = []) throws {
        let folder = try TemporaryFolder()
        let redis = kind == .redis ? try RedisServer() : nil
        let store = redis.map { "redis+unix:\($0.socket)" } ?? "embedded:\(folder.path("store"))"
        self.folder = folder
        self.redis = redis
        self.store = store
        self.limiters = try (0..<limiters).map { _ in try LimiterProcess(store: store, flags: flags) }
        nginx = try NginxServer(self.limiters)
    }

    /// A client with a connection of its own; the site lives as long as its clients.
    func client() -> HTTPClient {
        HTTPClient(self, port: nginx.port)
    }

    /// The statuses of so many GET requests, one after another.
    func statuses(_ count: Int, _ target: String = "/api/data", key: String) throws -> [Int] {
        let client = client()
        return try (0..<count).map { _ in try client.get(target, headers: ["X-API-Key": key]).status }
    }

    /// The URL of a path.
    func url(_ path: String) -> String {
        "http://127.0.0.1:\(nginx.port)\(path)"
    }
}
