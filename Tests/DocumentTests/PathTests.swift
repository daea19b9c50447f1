import Foundation
import Servers
import Testing

@Suite("The documents")
struct PathTests {
    private static let library = "Sources/Limiters/Limiters.docc/Limiters.md"
    static let documents = [
        "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "nginx/README.md",
        "apache/README.md", "bench/README.md",
        "docs/analytics.md", "docs/building.md", "docs/comparison.md", "docs/configuration.md", "docs/containers.md",
        "docs/dashboard.md", "docs/library.md", "docs/overrides.md", "docs/recipes.md", "docs/releasing.md",
        "docs/robustness.md", "docs/rules.md", "docs/scaling.md", "docs/stores.md", library,
    ]

    @Test("every document in docs/ is checked here")
    func complete() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Template.path("docs"))
        #expect(names.filter { $0.hasSuffix(".md") && !Self.documents.contains("docs/\($0)") } == [])
    }

    @Test("every path, file and link that a document names exists", arguments: documents)
    func paths(document: String) throws {
        let checkout = try Checkout.current.get()
        let folders = Set(checkout.paths.compactMap { $0.split(separator: "/").first.map(String.init) })
        let text = try Document(file: document)
        for span in text.codeSpans {
            let isPath = span.contains("/") && folders.contains(String(span.prefix { $0 != "/" }))
            if isPath, !span.contains(where: { " {},…:".contains($0) }) {
                let exists = checkout.has(span)
                #expect(exists, "\(document) names \(span)")
            } else if span.wholeMatch(of: #/[\w-]+\.(swift|lua|sql|mustache|sh|c|py)/#) != nil {
                let exists = checkout.names.contains(span)
                #expect(exists, "\(document) names \(span)")
            }
        }
        let folder = document.split(separator: "/").dropLast().joined(separator: "/")
        for link in text.links where !link.contains("://") {
            let file = String(link.prefix { $0 != "#" })
            let target = URL(fileURLWithPath: Template.path(folder.isEmpty ? "." : folder)).appendingPathComponent(file)
            let exists = FileManager.default.fileExists(atPath: target.standardizedFileURL.path)
            #expect(file.isEmpty || exists, "\(document) links to \(link)")
            guard let mark = link.firstIndex(of: "#") else { continue }
            let linked = file.isEmpty ? text : try Document(text: String(contentsOf: target, encoding: .utf8))
            let headings = linked.prose.matches(of: #/(?m)^#+ (.*)$/#).map { heading in
                heading.output.1.lowercased().filter { $0.isLetter || $0.isNumber || " -".contains($0) }
                    .replacing(" ", with: "-")
            }
            #expect(headings.contains(String(link[link.index(after: mark)...])), "\(document) links to \(link)")
        }
    }

    @Test("every type that a document names is declared", arguments: ["ARCHITECTURE.md", "CONTRIBUTING.md", library])
    func types(document: String) throws {
        let checkout = try Checkout.current.get()
        let modules = Set(
            checkout.paths.filter { $0.hasPrefix("Sources/") }.compactMap { $0.split(separator: "/").dropFirst().first }
        )
        for span in try Document(file: document).codeSpans {
            guard !checkout.names.contains(span),
                let type = span.firstMatch(of: #/^([A-Z][a-z]\w+)(?:$|\.|\()/#)?.output.1
            else { continue }
            let isKnown = checkout.types.contains(String(type)) || modules.contains(type)
            #expect(isKnown, "\(document) names \(span)")
        }
    }

    @Test("README.md has at most 180 lines")
    func length() throws {
        #expect(
            try Document(file: "README.md").text.split(separator: "\n", omittingEmptySubsequences: false).count <= 181)
    }
}
