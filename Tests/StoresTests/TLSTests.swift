import COpenSSL
import Glibc
import Limiters
import Servers
import Testing

@testable import Stores

@Suite("Redis over TLS")
struct TLSTests {
    private static let certificates = Result { try Certificates() }
    private let certificates: Certificates
    private let port: FreePort

    init() throws {
        certificates = try Self.certificates.get()
        port = try FreePort()
    }

    @Test("a server is verified by its name or its address", arguments: ["localhost", "127.0.0.1"])
    func verified(_ host: String) throws {
        let server = try start(certificates.issue())
        let store = try open("rediss://\(host):\(port.number)/3", query: "ca=\(certificates.authority)")
        try store.check()
        #expect(try store.charge([charge()])[0].isAllowed)
        #expect(try server.command("DBSIZE", database: 3) == "1")
    }

    @Test("batches and replies larger than TLS records are decided whole")
    func largeBatch() throws {
        let server = try start(certificates.issue())
        let store = try open("rediss://localhost:\(port.number)", query: "ca=\(certificates.authority)")
        let batch = try (0..<4_000).map { try charge("client \($0)") }
        #expect(try store.charge(batch).allSatisfy(\.isAllowed))
        #expect(try store.charge(batch).map { $0.decisions[0].remaining } == batch.map { _ in 8 })
        #expect(try server.command("DBSIZE") == "4000")
    }

    @Test("messages that arrive together are reported one after the other, without waiting for more")
    func messages() throws {
        let server = try start(certificates.issue())
        let location = try StoreLocation(
            "rediss://localhost:\(port.number)?ca=\(certificates.authority)")
        let subscription = try #require(try location.resetSubscription(deadlines: .patient))
        let began = ContinuousClock.now
        try server.command(
            "EVAL", "for i = 1, 3000 do redis.call('PUBLISH', '\(ResetSubscription.channel)', '') end", "0")
        for _ in 0..<3_000 { #expect(try subscription.next() == .reset) }
        #expect(ContinuousClock.now - began < .seconds(30))
    }

    @Test("a connection resumes the session of the one before it, under the same settings only")
    func resumed() throws {
        let server = try start(certificates.issue())
        func connect(_ query: String) throws -> Bool {
            guard
                case .redis(let location) = try StoreLocation(
                    "rediss://localhost:\(port.number)?ca=\(certificates.authority)\(query)")
            else { return false }
            let connection = try RedisConnection(location, deadlines: .patient)
            _ = try connection.command(["PING"])
            return SSL_session_reused(try #require(connection.tls).ssl) == 1
        }
        #expect(try [connect(""), connect(""), connect("")] == [false, true, true])
        #expect(try [connect("&server_name=127.0.0.1"), connect("")] == [false, true])
        // The server has forgotten everything.
        try server.restart()
        #expect(try [connect(""), connect("")] == [false, true])
    }

    @Test("a server that was killed is used again when it is back")
    func killed() throws {
        let server = try start(certificates.issue())
        let store = try open("rediss://localhost:\(port.number)", query: "ca=\(certificates.authority)")
        #expect(try store.charge([charge()])[0].isAllowed)
        server.send(SIGKILL)
        #expect(try failure(store).kind == .unreachable)
        try server.restart()
        #expect(waitUntil { (try? store.charge([charge()])) != nil })
    }

    @Test("writing to a connection that the server has closed raises no signal", arguments: ["redis", "rediss"])
    func noSignal(_ scheme: String) throws {
        let certificate = try certificates.issue()
        let plain = try FreePort()
        let server = try RedisServer(
            .socketAnd(plain), options: certificates.options(port: port, certificate))
        let address =
            scheme == "redis" ? "\(plain.number)" : "\(port.number)?ca=\(certificates.authority)"
        guard case .redis(let location) = try StoreLocation("\(scheme)://localhost:\(address)") else { return }
        let connection = try RedisConnection(location, deadlines: .patient)
        _ = try connection.command(["PING"])
        try server.command("CLIENT", "KILL", "TYPE", "normal")

        var mask = sigset_t()
        sigemptyset(&mask)
        sigaddset(&mask, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &mask, nil)
        defer { pthread_sigmask(SIG_UNBLOCK, &mask, nil) }
        // The first bytes may still be sent.
        let failed = waitUntil {
            connection.queue(RedisCommand(["PING"]))
            return (try? connection.flush()) == nil
        }
        #expect(failed)
        var none = timespec()
        #expect(sigtimedwait(&mask, nil, &none) == -1)
    }

    @Test("a client certificate is shown to a server that demands one")
    func clientCertificate() throws {
        let server = try start(certificates.issue(), clients: "yes")
        let client = try certificates.issue(for: "DNS:limiter")
        let query = "ca=\(certificates.authority)&cert=\(client.path)&key=\(client.key)"
        try open("rediss://localhost:\(port.number)", query: query).check()
        withExtendedLifetime(server) {}
    }

    /// A server, a client, and what the client says about it.
    struct Mistake: Sendable {
        var names = "DNS:localhost,IP:127.0.0.1"
        var days = 1
        var clients = "no"
        var protocols = "TLSv1.3"
        /// The store, in which words in braces are replaced.
        var location = "rediss://localhost:{PORT}?ca={CA}"
        let kind: StoreError.Kind
        let error: String
    }

    @Test(
        "a certificate or a port that is wrong is reported in one line with a remedy",
        arguments: [
            Mistake(days: -1, kind: .refused, error: "the server's certificate has expired: renew the certificate"),
            Mistake(
                names: "DNS:other.example", kind: .misconfigured,
                error: """
                    the server's certificate is not for localhost: connect to a name in the certificate, or write \
                    server_name=NAME
                    """),
            Mistake(
                names: "DNS:localhost", location: "rediss://127.0.0.1:{PORT}?ca={CA}", kind: .misconfigured,
                error: """
                    the server's certificate is not for 127.0.0.1: connect to a name in the certificate, or write \
                    server_name=NAME
                    """),
            Mistake(
                location: "rediss://localhost:{PORT}", kind: .misconfigured,
                error: """
                    no authority in this system has issued the server's certificate: name the authority's file with ca=PATH
                    """),
            Mistake(
                location: "rediss://localhost:{PORT}?ca={OTHERCA}", kind: .misconfigured,
                error: """
                    no authority in {OTHERCA} has issued the server's certificate: name the authority's file with ca=PATH
                    """),
            Mistake(
                clients: "yes", kind: .misconfigured,
                error: "the server demands a client certificate: write cert=PATH&key=PATH"),
            Mistake(
                clients: "yes", protocols: "TLSv1.2", kind: .misconfigured,
                error: "the server demands a client certificate: write cert=PATH&key=PATH"),
            Mistake(
                clients: "yes", location: "rediss://localhost:{PORT}?ca={CA}&cert={OTHERCERT}&key={OTHERKEY}",
                kind: .misconfigured,
                error: """
                    the server refuses the certificate in {OTHERCERT} (tlsv1 alert unknown ca): name one with cert= that the \
                    server's authority has issued
                    """),
            Mistake(
                clients: "yes", location: "rediss://localhost:{PORT}?ca={CA}&cert={EXPIRED}&key={OLDKEY}",
                kind: .misconfigured,
                error: """
                    the server refuses the certificate in {EXPIRED} (sslv3 alert certificate expired): name one with cert= \
                    that the server's authority has issued
                    """),
            Mistake(
                location: "rediss://localhost:{PLAIN}?ca={CA}", kind: .timedOut,
                error: "no answer to the TLS handshake: write redis:// if the server has no TLS at this port"),
            Mistake(
                location: "redis://localhost:{PORT}", kind: .unreachable,
                error: "Connection reset by peer: write rediss:// if the server has TLS at this port"),
        ])
    func mistakes(_ mistake: Mistake) throws {
        let plain = try FreePort()
        let certificate = try certificates.issue(for: mistake.names, days: mistake.days)
        let server = try RedisServer(
            .socketAnd(plain),
            options: certificates.options(port: port, certificate, clients: mistake.clients)
                + ["tls-protocols \(mistake.protocols)"])
        let others = try Certificates()
        let (other, expired) = (try others.issue(), try certificates.issue(days: -1))
        func filled(_ text: String) -> String {
            [
                ("{PORT}", "\(port.number)"), ("{PLAIN}", "\(plain.number)"), ("{OTHERCA}", others.authority),
                ("{OTHERCERT}", other.path), ("{OTHERKEY}", other.key), ("{EXPIRED}", expired.path),
                ("{OLDKEY}", expired.key),
                ("{CA}", certificates.authority),
            ].reduce(text) { $0.replacing($1.0, with: $1.1) }
        }
        let store = try StoreLocation(filled(mistake.location)).open(deadlines: .patient)
        for _ in 0..<2 {
            let error = try failure(store)
            #expect(error.kind == mistake.kind)
            let name = filled(mistake.location).split(separator: "?")[0] + "/0"
            #expect(error.description == "\(name): \(filled(mistake.error))")
        }
        withExtendedLifetime(server) {}
    }

    @Test("a file that cannot be used is named")
    func files() throws {
        let folder = try TemporaryFolder()
        let empty = try folder.write("nothing", to: "empty")
        let (client, other) = (try certificates.issue(), try certificates.issue())
        let rows = [
            (
                "ca=/none/ca.crt",
                "/none/ca.crt: No such file or directory: name a readable PEM file with a certificate, with ca="
            ),
            ("ca=\(empty)", "\(empty): no certificate in it: name a readable PEM file with a certificate, with ca="),
            (
                "cert=\(empty)&key=\(client.key)",
                "\(empty): no certificate in it: name a readable PEM file with a certificate, with cert="
            ),
            (
                "cert=\(client.path)",
                """
                \(client.path): no private key without a passphrase in it: name a readable PEM file with a private key \
                without a passphrase, with key=
                """
            ),
            (
                "cert=\(client.path)&key=\(other.key)",
                "\(other.key): not the private key of the certificate in \(client.path): name the certificate's key with key="
            ),
        ]
        for (query, text) in rows {
            let error = try failure(open("rediss://localhost:\(port.number)", query: query))
            #expect(error.kind == .misconfigured)
            #expect(error.description == text)
        }
    }

    @Test("the name that certificates must have can differ from the host, as for nodes that are named by address")
    func serverName() throws {
        let server = try start(certificates.issue(for: "DNS:redis.example"))
        let query = "ca=\(certificates.authority)&server_name=redis.example"
        try open("rediss://127.0.0.1:\(port.number)", query: query).check()
        withExtendedLifetime(server) {}
    }

    @Test("Sentinels and their master speak TLS, and so does its successor")
    func sentinels() throws {
        let sentinels = try RedisSentinels(certificates: certificates)
        let store = try StoreLocation(sentinels.location).open(deadlines: .patient)
        #expect(try store.charge([charge()])[0].decisions[0].remaining == 9)
        #expect(try waitUntil { try sentinels.servers[1].command("DBSIZE") == "1" })
        sentinels.servers[0].send(SIGKILL)
        #expect(try failure(store).kind == .unreachable)
        #expect(waitUntil { (try? store.charge([charge()])) != nil })
        #expect(try sentinels.servers[1].command("DBSIZE") == "1")
        let others = try Certificates()
        let location = sentinels.location.replacing(certificates.query, with: others.query)
        let error = try failure(StoreLocation(location).open(deadlines: .patient))
        #expect(error.description.contains("name the authority's file with ca=PATH"))
    }

    @Test("all nodes of a cluster speak TLS, and redirections stay within it")
    func cluster() throws {
        let cluster = try RedisCluster(certificates: certificates)
        let store = try StoreLocation(cluster.location).open(deadlines: .patient)
        let batch = try (0..<100).map { try charge("client \($0)") }
        #expect(try store.charge(batch).allSatisfy(\.isAllowed))
        let slot = ClusterSlot.of(batch[0].entries[0].key.bytes)
        let source = try #require(try cluster.master(of: slot, seenBy: cluster.nodes[0]))
        let target = try #require(cluster.nodes.prefix(3).first { $0.id != source.id })
        try cluster.beginMoving(slot, from: source, to: target)
        try cluster.moveKeys(of: slot, from: source, to: target)
        try cluster.endMoving(slot, from: source, to: target)
        #expect(try store.charge(batch).map { $0.decisions[0].remaining } == batch.map { _ in 8 })
        try store.check()
    }

    private func start(_ certificate: Certificates.Certificate, clients: String = "no") throws -> RedisServer {
        try RedisServer(options: certificates.options(port: port, certificate, clients: clients))
    }

    private func open(_ location: String, query: String) throws -> any Store {
        try StoreLocation("\(location)?\(query)").open(deadlines: .patient)
    }

    /// Ten per hour.
    private func charge(_ client: String = "client") throws -> Charge {
        let quota = try Quota(limit: 10, window: 3_600_000_000, algorithm: .slidingWindow)
        return Charge([.init(try Policy(name: "p", quota: quota), for: Identity("client", client.utf8))])
    }

    private func failure(_ store: any Store) throws -> StoreError {
        try #require(#expect(throws: StoreError.self) { try store.charge([charge()]) })
    }
}
