import Foundation
import Servers
import Testing

@Suite("The Grafana dashboard")
struct GrafanaTests {
    @Test("every metric and label of its queries is exported")
    func names() throws {
        let file = URL(fileURLWithPath: Template.path("grafana/fcgi-limiter.json"))
        let text = try String(contentsOf: file, encoding: .utf8)
        let dashboard = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect((dashboard["panels"] as? [Any])?.count == 15)

        let rules = """
            policies: { login: { limit: 3 per hour, count_if: { status: 401 } } }
            rules: [{ match: { path: /api/data }, policies: [login] }]

            """
        let site = try RecordedSite(rules: rules)
        let metrics = try site.client().get("/metrics?format=prometheus").text
        let asked = Set(text.matches(of: /fcgi_limiter_[a-z_]+/).map { String($0.0) })
        #expect(asked.count > 8)
        for name in asked {
            #expect(metrics.contains("\n\(name){") || metrics.contains("\n\(name) "), "\(name) is not exported")
        }
        for label in ["outcome", "policy", "algorithm", "endpoint", "kind", "version", "store", "le"] {
            #expect(metrics.contains("\(label)=\""), "\(label)")
        }
        for match in text.matches(of: /by \(([a-z, ]+)\)/) {
            for label in match.1.split(separator: ", ") where label != "instance" {
                #expect(metrics.contains("\(label)=\""), "\(label) is not a label")
            }
        }
    }
}
