import Foundation
import Servers
import Testing

@testable import FCGILimiter

@Suite("Alerts by webhook")
struct WebhookTests {
    /// A server that keeps what it is sent.
    private final class Receiver {
        let port: Int
        private let folder: TemporaryFolder
        private let process: ServerProcess

        /// Starts the server; it refuses the first messages with 500.
        init(refusing count: Int = 0) throws {
            let port = try FreePort().number
            self.port = port
            folder = try TemporaryFolder()
            let script = try folder.write(
                """
                import http.server, json, sys
                class Handler(http.server.BaseHTTPRequestHandler):
                    refused = 0
                    def do_POST(self):
                        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                        ok = Handler.refused >= \(count)
                        Handler.refused += 1
                        with open(sys.argv[2], "a") as log:
                            signature = self.headers.get("FCGI-Limiter-Signature")
                            log.write(json.dumps({"ok": ok, "body": body, "signature": signature}) + "\\n")
                        self.send_response(200 if ok else 500)
                        self.send_header("Content-Length", "0")
                        self.end_headers()
                http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
                """, to: "receiver.py")
            let address = ServerAddress.tcp(port: port)
            process = try ServerProcess(
                Program("python3", package: "python3"), [script, "\(port)", folder.path("log")], in: folder
            ) { address.accepts }
        }

        var address: String { "http://127.0.0.1:\(port)/hook" }

        struct Message: Decodable {
            let ok: Bool
            let body: String
            let signature: String?

            func field(_ name: String) -> String? {
                (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])?[name] as? String
            }
        }

        func messages() -> [Message] {
            let text = (try? String(contentsOfFile: folder.path("log"), encoding: .utf8)) ?? ""
            return text.split(separator: "\n").compactMap {
                try? JSONDecoder().decode(Message.self, from: Data($0.utf8))
            }
        }
    }

    @Test("an outage of the store is told once, and once more at its end, signed, and again until it is accepted")
    func outage() throws {
        let receiver = try Receiver(refusing: 2)
        let redis = try RedisServer()
        let limiter = try LimiterProcess(
            store: "redis+unix:\(redis.socket)",
            flags: ["--alert-webhook", receiver.address, "--alert-block-rate", "100"],
            environment: ["FCGI_LIMITER_ALERT_SECRET": "s3cret"])
        let nginx = try NginxServer(limiter)
        redis.stop()
        // A batch that fails opens the breaker.
        let client = HTTPClient(nginx, port: nginx.port)
        func ask() throws { _ = try client.get("/api/data", headers: ["X-API-Key": "a"]) }
        try ask()
        #expect(waitUntil { receiver.messages().count == 3 })
        try redis.restart()
        // Batches that succeed close it.
        #expect(
            try waitUntil {
                try ask()
                return receiver.messages().count == 4
            })
        let messages = receiver.messages()
        try #require(messages.count == 4)
        #expect(messages.map(\.ok) == [false, false, true, true])
        #expect(messages.map { $0.field("state") } == ["firing", "firing", "firing", "resolved"])
        #expect(Set(messages.map { $0.field("alert") }) == ["store_unavailable"])
        #expect(Set(messages.map { $0.field("incident") }).count == 1)
        #expect(messages[2].field("text")?.contains("\(redis.socket)") == true)
        for message in messages {
            let parts = (message.signature ?? "").firstMatch(of: /t=(\d+),v1=([0-9a-f]{64})/)
            let (time, digits) = (String(parts?.1 ?? ""), String(parts?.2 ?? ""))
            let openssl = try Program("openssl", package: "openssl").run(
                ["dgst", "-sha256", "-hmac", "s3cret"], input: Array("\(time).\(message.body)".utf8))
            #expect(openssl.text.contains(digits) && !digits.isEmpty)
        }
        #expect(limiter.logLines("warning").count { $0.contains("webhook") } == 1)
    }

    @Test("many blocked requests, a store that is nearly full and rejected counts are told")
    func others() throws {
        let receiver = try Receiver()
        let folder = try TemporaryFolder()
        let site = try RecordedSite(
            store: "embedded:\(folder.path("store"))?size=1M",
            flags: ["--alert-webhook", receiver.address, "--alert-store-use", "1"])
        let client = site.client()
        for number in 0..<100 { _ = try client.get("/api/data", headers: ["X-API-Key": "\(number)"]) }
        func told() -> [String?] { receiver.messages().map { $0.field("alert") } }
        #expect(waitUntil { told().contains("store_nearly_full") })
        for _ in 0..<250 { _ = try client.get("/api/data", headers: ["X-API-Key": "a"]) }
        #expect(waitUntil { told().contains("block_rate") })
        // A value that no row can have, as a row of a newer limiter might.
        try site.database.query("alter table limiter.decisions_1h add constraint never check (requests < 0) not valid")
        for _ in 0..<3 { _ = try client.get("/api/data", headers: ["X-API-Key": "a"]) }
        #expect(waitUntil { told().contains("counts_lost") })
        #expect(receiver.messages().allSatisfy { $0.signature == nil })
        #expect(
            try client.get("/metrics?format=prometheus").text
                .firstMatch(of: /fcgi_limiter_recorder_batches_lost_total [1-9]/) != nil)
    }

    @Test("an incident begins and ends only after samples of some time agree")
    func incident() {
        var incident = Incident()
        #expect(incident.update(true, now: 0) == nil)
        #expect(incident.update(false, now: 2_000_000) == nil)
        #expect(incident.update(true, now: 4_000_000) == nil)
        #expect(incident.update(true, now: 7_000_000) == .begin)
        #expect(incident.update(true, now: 60_000_000) == nil)
        #expect(incident.update(false, now: 61_000_000) == nil)
        #expect(incident.update(true, now: 70_000_000) == nil)
        #expect(incident.update(false, now: 71_000_000) == nil)
        #expect(incident.update(false, now: 81_000_000) == .end)
    }

    @Test("the block rate is that of the last minute, and of too few requests there is none")
    func rate() {
        var rate = BlockRate()
        #expect(rate.update(total: 0, blocked: 0, now: 0) == nil)
        #expect(rate.update(total: 99, blocked: 99, now: 1_000_000) == nil)
        #expect(rate.update(total: 200, blocked: 100, now: 2_000_000) == 50)
        #expect(rate.update(total: 400, blocked: 100, now: 61_000_000) == 0)
    }

    @Test("an address that is none is refused at the start")
    func address() throws {
        let outcome = try Program(built: "fcgi-limiter").run(["serve", "--alert-webhook", "ftp://x"])
        #expect(outcome.errors.hasPrefix("Error: --alert-webhook \"ftp://x\" is not usable: write an address"))
    }
}
