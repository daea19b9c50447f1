import Servers
import Testing
import Yams

/// That compose.yaml is what the quick start says; `make containertest` starts it.
@Suite("compose.yaml")
struct ComposeTests {
    /// The services, with what their anchors add.
    private static func services() throws -> [String: [String: Any]] {
        let document = try Yams.load(yaml: Template(file: "compose.yaml").text) as? [String: Any]
        return try #require(document?["services"] as? [String: [String: Any]])
    }

    @Test(
        "each service has its port",
        arguments: [("nginx", "5000:5000"), ("nginx", "8080:8080"), ("redis", "6379:6379"), ("postgres", "5432:5432")])
    func ports(service: String, port: String) throws {
        let ports = try #require(Self.services()[service]?["ports"] as? [String])
        #expect(ports.contains { $0.hasSuffix(port) })
        // Only the gateway is open to other machines.
        if port != "5000:5000" { #expect(ports.contains("127.0.0.1:\(port)")) }
    }

    @Test("two limiters and the dashboard find Redis and PostgreSQL by the usual variables")
    func variables() throws {
        let services = try Self.services()
        #expect((services["limiter"]?["deploy"] as? [String: Any])?["replicas"] as? Int == 2)
        for service in ["limiter", "dashboard"] {
            let variables = try #require(services[service]?["environment"] as? [String: String])
            for (name, value) in [
                ("REDIS_HOST", "redis"), ("REDIS_PORT", "6379"), ("POSTGRES_HOST", "postgres"),
                ("POSTGRES_DB", "${POSTGRES_DB:-limits}"), ("POSTGRES_USER", "${POSTGRES_USER:-limiter}"),
                ("POSTGRES_PASSWORD", "${POSTGRES_PASSWORD:-limiter}"),
            ] {
                #expect(variables[name] == value)
            }
        }
    }

    @Test(
        "what this project adds runs on a read-only file system without capabilities",
        arguments: ["nginx", "limiter", "dashboard"])
    func hardened(service: String) throws {
        let service = try #require(Self.services()[service])
        #expect(service["read_only"] as? Bool == true)
        #expect(service["cap_drop"] as? [String] == ["ALL"])
        #expect(service["restart"] as? String == "always")
    }
}
