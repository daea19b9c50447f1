import Foundation
import Servers
import Testing
import Yams

@Suite("kubernetes/site.yaml")
struct KubernetesTests {
    /// The documents of the file by their kind.
    private static func documents() throws -> [String: Node] {
        let nodes = try Yams.compose_all(yaml: Template(file: "kubernetes/site.yaml").text)
        return Dictionary(nodes.map { ($0["kind"]?.string ?? "", $0) }) { first, _ in first }
    }

    /// The pod of the deployment.
    private static func pod() throws -> Node {
        try #require(documents()["Deployment"]?["spec"]?["template"]?["spec"])
    }

    @Test("the service and the deployment select the pods by their label, and containers mount the pod's volumes")
    func references() throws {
        let documents = try Self.documents()
        #expect(Set(documents.keys) == ["ConfigMap", "Deployment", "Service"])
        let deployment = try #require(documents["Deployment"]?["spec"])
        let label = try #require(deployment["template"]?["metadata"]?["labels"])
        #expect(deployment["selector"]?["matchLabels"] == label)
        #expect(documents["Service"]?["spec"]?["selector"] == label)
        let pod = try Self.pod()
        let volumes = try #require(pod["volumes"]?.sequence).map { $0["name"]?.string }
        for kind in ["initContainers", "containers"] {
            let container = try #require(pod[kind]?[0])
            let mounts = try #require(container["volumeMounts"]?.sequence)
            #expect(mounts.allSatisfy { volumes.contains($0["name"]?.string) })
            #expect(mounts.contains { $0["mountPath"] == "/run/fcgi-limiter" })
        }
    }

    @Test("nginx and the limiter of a pod limit requests, and the probes succeed whatever the store does")
    func pod() throws {
        let sidecar = try #require(Self.pod()["initContainers"]?[0])
        let folder = try TemporaryFolder()
        func moved(_ text: String) -> String {
            text.replacing("/run/fcgi-limiter", with: folder.path("").dropLast())
                .replacing("/etc/fcgi-limiter/limits.yaml", with: Template.path("limits.example.yaml"))
        }
        // The Redis that the secret names is unreachable.
        var environment = ["FCGI_LIMITER_STORE": "redis://127.0.0.1:1"]
        environment["FCGI_LIMITER_LOCAL_STORE"] = "embedded:\(folder.path("local"))"
        for variable in try #require(sidecar["env"]?.sequence) {
            environment[try #require(variable["name"]?.string)] = moved(try #require(variable["value"]?.string))
        }
        let program = try Program(built: "fcgi-limiter")
        let address = ServerAddress.unix(path: folder.path("fcgi-limiter.sock"))
        let limiter = try ServerProcess(program, ["serve"], environment: environment, in: folder) { address.accepts }

        for probe in ["startupProbe", "livenessProbe"] {
            let command = try #require(sidecar[probe]?["exec"]?["command"]?.sequence).map { $0.string ?? "" }
            #expect(command.first == "fcgi-limiter")
            let outcome = try program.run(Array(command.dropFirst()), environment: environment)
            #expect(outcome.status == 0, "\(outcome.errors)")
        }

        let site = try #require(Self.documents()["ConfigMap"]?["data"]?["site.conf"]?.string)
        let configuration = moved(site).replacing("listen 8080", with: "listen @port@")
            .replacing("snippets/fcgi-limiter", with: "@nginx@")
            .replacing("/usr/share/nginx/html", with: folder.path(""))
        try folder.write("hello", to: "index.html")
        let nginx = try NginxServer(Template(http: configuration), companions: [limiter])
        let client = HTTPClient(nginx, port: nginx.port)
        expectUncounted(try client.get("/"))
        expectUncounted(try client.get("/.ready"), status: 204)
        for _ in 0..<10 { #expect(try client.get("/api/data")["X-RateLimit-Limit"] == "10") }
        try expectRefused(client.get("/api/data"))
    }
}
