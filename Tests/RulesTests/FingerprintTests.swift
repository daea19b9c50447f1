import Glibc
import Limiters
import Servers
import Testing

@testable import Rules

@Suite("The names of secrets")
struct FingerprintTests {
    private static let secret = "0123456789abcdef"

    /// Rules by which a secret of each kind is counted, or listed.
    private static func rulebook(_ fingerprints: String, count: String, in folder: TemporaryFolder) throws -> Rulebook {
        chmod(try folder.write(secret + "\n", to: "fingerprints.secret"), 0o600)
        let rules = """
            \(fingerprints)
            policies: { p: { limit: 1 per second } }
            rules: [{ count: \(count), policies: [p] }]
            """
        let (rulebook, warnings) = try Rulebook.parse(rules.utf8, file: folder.path("limits.yaml"))
        #expect(warnings.allSatisfy { $0.message.hasPrefix("counts clients by") })
        return rulebook
    }

    /// Sources, the variable of a request and its value, of which `s3cret` is the secret.
    static let secrets = [
        ("api_key", "HTTP_X_API_KEY", "s3cret"), ("header Authorization", "HTTP_AUTHORIZATION", "s3cret"),
        ("cookie sid", "HTTP_COOKIE", "sid=s3cret"), ("query token", "REQUEST_URI", "/?token=s3cret"),
        ("variable HTTP_X_TOKEN", "HTTP_X_TOKEN", "s3cret"), ("cookie sid and address", "HTTP_COOKIE", "sid=s3cret"),
    ]

    @Test("no identity contains a secret; with a secret file its name is an HMAC", arguments: secrets)
    func named(count: String, variable: String, value: String) throws {
        let folder = try TemporaryFolder()
        var facts = SampleRequest(method: "GET", target: "/", address: "203.0.113.9")
        facts[variable] = value
        let plain = try Self.rulebook("", count: count, in: folder).match(for: facts).summary
        #expect(plain.contains(withNames("=<s3cret>")))
        #expect(!plain.contains("s3cret"))
        let keyed = try Self.rulebook("fingerprints: { secret_file: fingerprints.secret }", count: count, in: folder)
        // printf s3cret | openssl dgst -sha256 -hmac 0123456789abcdef
        #expect(keyed.match(for: facts).summary.contains("=hmac:8448ea517196bc2b722bf76a91835e18"))
    }

    @Test("sources that clients do not choose, and those in except, keep their values")
    func exceptions() throws {
        let folder = try TemporaryFolder()
        let except = "fingerprints: { except: [header X-Tenant, api_key] }"
        for (count, variable, value, identity) in [
            ("user", "REMOTE_USER", "alice", "user=alice"), ("address", "X", "x", "address=203.0.113.9"),
            ("variable JWT_SUB", "JWT_SUB", "u1", "variable:JWT_SUB=u1"),
            ("header X-Tenant", "HTTP_X_TENANT", "acme", "header:x-tenant=acme"),
            ("api_key", "HTTP_X_API_KEY", "k", "api_key=k"),
            ("header X-Token", "HTTP_X_TOKEN", "k", "header:x-token=<k>"),
        ] {
            var facts = SampleRequest(method: "GET", target: "/", address: "203.0.113.9")
            facts[variable] = value
            let match = try Self.rulebook(except, count: count, in: folder).match(for: facts)
            #expect(match.summary == withNames("p 1 " + identity))
        }
    }

    @Test("a name in the key file is the name of its keys, whether fingerprints have a secret or not")
    func labels() throws {
        let folder = try TemporaryFolder()
        let digest = String(decoding: SHA256.hexDigest(of: Array("two".utf8)), as: UTF8.self)
        chmod(
            try folder.write("one name=acme@example.org\nsha256:\(digest) gold name=globex\nthree\n", to: "keys"), 0o600
        )
        for fingerprints in ["", "fingerprints: { secret_file: fingerprints.secret }\n"] {
            chmod(try folder.write(Self.secret, to: "fingerprints.secret"), 0o600)
            let rules = """
                \(fingerprints)api_keys: { file: keys }
                banned: [{ api_key: two }]
                policies: { p: { limit: 1 per second, plans: { gold: 2 per second } } }
                rules: [{ count: api_key, policies: [p] }]
                """
            let rulebook = try Rulebook.parse(rules.utf8, file: folder.path("limits.yaml")).0
            func summary(_ key: String) -> String {
                var facts = SampleRequest(method: "GET", target: "/", address: "203.0.113.9")
                facts["HTTP_X_API_KEY"] = key
                return rulebook.match(for: facts).summary
            }
            #expect(summary("one") == "p 1 api_key=acme@example.org")
            #expect(summary("two") == "banned api_key=globex")
            #expect(summary("acme@example.org") == "p 1 address=203.0.113.9")
            if fingerprints.isEmpty { #expect(summary("three") == withNames("p 1 api_key=<three>")) }
            for text in ["api_key=two", "api_key=globex"] {
                #expect(try rulebook.client(named: text).list == .banned)
            }
            for text in ["api_key=one", "api_key=acme@example.org"] {
                let client = try rulebook.client(named: text)
                #expect(String(decoding: client.identity.bytes, as: UTF8.self) == "api_key=acme@example.org")
            }
        }
    }

    @Test("a secret file that every user can read causes a warning")
    func openSecretFile() throws {
        let folder = try TemporaryFolder()
        let rules = """
            fingerprints: { secret_file: secret }
            policies: { p: { limit: 1 per second } }
            rules: [{ policies: [p] }]
            """
        for (mode, count) in [(0o644 as mode_t, 1), (0o640, 0)] {
            chmod(try folder.write(Self.secret, to: "secret"), mode)
            let warnings = try Rulebook.parse(rules.utf8, file: folder.path("limits.yaml")).1
            #expect(warnings.count == count)
            let text = ":1: fingerprints.secret_file: \"secret\" can be read by every user of this machine"
            #expect(warnings.allSatisfy { $0.description.contains(text) })
        }
    }
}
