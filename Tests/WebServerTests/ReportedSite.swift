import Foundation
import Servers
import Testing

/// nginx, which reports how requests ended, in front of limiters and a site that answers as its paths say.
///
/// `/200`, `/401` and so on have that status, and `?cost=5` is their X-Cost. nginx counts what reaches the site by its log.
final class ReportedSite {
    /// The rules of a login: three failures.
    static let login = """
        policies:
          login: { limit: 3 per hour, count_if: { status: [401, 403] } }
        rules:
          - { match: { path: /** }, count: api_key or address, policies: [login] }

        """

    let limiters: [LimiterProcess]
    let port: Int
    let folder: TemporaryFolder
    let redis: RedisServer?
    /// What the limiters reach the Redis by, if it is to answer late.
    private let wire: LongWire?
    private let store: String
    let nginx: NginxServer

    /// Starts them.
    ///
    /// - Parameters:
    ///   - rules: a rules file's text.
    ///   - count: how many limiters share the store; more than one share a Redis.
    ///   - onRedis: whether one limiter uses a Redis, too.
    ///   - delay: milliseconds by which the Redis answers late.
    ///   - store: another store than a Redis or an embedded one of its own.
    ///   - server: more in nginx's `server`.
    ///   - http: more in nginx's `http`; `@report@` is the line of `nginx/report.conf`.
    ///   - flags: further flags of each limiter.
    ///   - reports: where nginx reports to, if not to the limiters.
    /// - Throws: ``ServerError`` when a program is missing or does not start.
    init(
        rules: String = ReportedSite.login, limiters count: Int = 1, onRedis: Bool = false, delay: UInt32 = 0,
        store: String? = nil, server: String = "", http: String = "", flags: [String] = [], reports: Int? = nil
    ) throws {
        let folder = try TemporaryFolder()
        let port = try FreePort().number
        let redis = count > 1 || onRedis ? try RedisServer() : nil
        wire = try delay == 0 ? nil : redis.map { try LongWire(to: .unix(path: $0.socket)) }
        self.store = store ?? redis.map { "redis+unix:\($0.socket)" } ?? "embedded:\(folder.path("store"))"
        let limitersStore = wire.map { "redis+unix:\($0.socket)" } ?? self.store
        let file = try folder.write(rules, to: "limits.yaml")
        // nginx's user writes its logs there.
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
        (self.folder, self.port, self.redis) = (folder, port, redis)
        limiters = try (0..<count).map { _ in
            try LimiterProcess(
                store: limitersStore, flags: ["--rules", file, "--reports", "127.0.0.1:\(port)"] + flags,
                companions: [folder])
        }
        let backend = try FreePort().number
        let pages = limiters.enumerated().map { index, limiter in
            """
            location = /metrics/\(index) {
                access_log off;
                fastcgi_pass unix:\(limiter.socket);
                fastcgi_param REQUEST_METHOD GET;
                fastcgi_param REQUEST_URI /metrics;
                fastcgi_param QUERY_STRING format=prometheus;
            }
            """
        }.joined()
        let upstreams = limiters.map { "server unix:\($0.socket);" }.joined(separator: " ")
        let configuration = try Template(
            http: """
                include @nginx@/report-format.conf;
                log_format hits "$status $request_uri";
                upstream fcgi_limiter { \(upstreams) keepalive 16; }
                upstream site { server 127.0.0.1:\(backend); keepalive 64; }
                \(http.replacing("@report@", with: Self.report(to: reports ?? port)))
                server {
                    listen @port@;
                    include @nginx@/guard-server.conf;
                    \(Self.report(to: reports ?? port))
                    access_log \(folder.path)/access.log hits;
                    location / {
                        include @nginx@/guard.conf;
                        proxy_pass http://site;
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                    }
                    \(pages)
                    \(server)
                }
                server {
                    listen 127.0.0.1:\(backend);
                    access_log \(folder.path)/backend.log hits;
                    keepalive_requests 1000000;
                    add_header X-Cost $arg_cost always;
                    location /200 { return 200 "ok"; }
                    location /302 { return 302 /200; }
                    location /304 { return 304; }
                    location /401 { return 401; }
                    location /403 { return 403; }
                    location /404 { return 404; }
                    location /500 { return 500; }
                }
                """
        ).replacing("events {}", with: "events { worker_connections 8192; }")
        nginx = try NginxServer(configuration, companions: limiters)
        wire?.milliseconds = delay
    }

    /// The line of `nginx/report.conf`, with another port.
    static func report(to port: Int) throws -> String {
        try Template(file: "nginx/report.conf").replacing("127.0.0.1:4290", with: "127.0.0.1:\(port)").text
    }

    /// A client with a connection of its own; the servers live as long as their clients.
    func client() -> HTTPClient { HTTPClient(self, port: nginx.port) }

    /// The statuses of requests, one after another.
    func statuses(_ paths: [String], key: String = "a") throws -> [Int] {
        let client = client()
        return try paths.map { try client.get($0, headers: ["X-API-Key": key]).status }
    }

    /// How many units a client has left, as a peek finds it.
    func left(_ key: String = "a") throws -> String {
        try outcome(["peek", "api_key=\(key)"]).text.split(separator: ",").first.map(String.init) ?? ""
    }

    /// How many units a client has left under each policy, in this store or in another one.
    func remaining(_ key: String = "a", store: String? = nil) throws -> [String: Int] {
        try outcome(["peek", "api_key=\(key)"], store: store).text.matches(of: /(\w+): (\d+) of \d+ left/)
            .reduce(into: [:]) { $0[String($1.1)] = Int($1.2) }
    }

    /// Runs a command on the rules and the store, which must succeed.
    func run(_ words: String...) throws {
        let outcome = try outcome(words)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    private func outcome(_ words: [String], store: String? = nil) throws -> Program.Outcome {
        try Program(built: "fcgi-limiter").run(
            words + ["--rules", folder.path("limits.yaml"), "--store", store ?? self.store])
    }

    /// A metric of all limiters together, such as `reports_total{result="refunded"}`.
    func metric(_ name: String) throws -> Int {
        let client = client()
        return try limiters.indices.reduce(0) { sum, index in
            let text = try client.get("/metrics/\(index)").text
            let line = text.split(separator: "\n").first { $0.hasPrefix("fcgi_limiter_\(name) ") }
            return sum + (line?.split(separator: " ").last.flatMap { Int($0) } ?? 0)
        }
    }

    /// How many reports the limiters have understood.
    func reports() throws -> Int {
        try reports("refunded") + reports("counted") + reports("charged")
    }

    /// How many reports had this result.
    func reports(_ result: String) throws -> Int { try metric(#"reports_total{result="\#(result)"}"#) }

    /// The lines of one of nginx's logs.
    func lines(of log: String) throws -> [String] {
        folder.text(of: log).split(separator: "\n").map(String.init)
    }

    /// Sends a message to the limiters, as anybody on the machine may.
    func send(_ message: String) { Self.send(message, to: port) }

    /// Sends a message to a port.
    static func send(_ message: String, to port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        _ = ServerAddress.tcp(port: port).withAddress { address, length in
            message.withCString { sendto(descriptor, $0, strlen($0), 0, address, length) }
        }
    }
}
