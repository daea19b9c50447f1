import Logging
import Mustache
import Servers
import Stores
import Testing

@testable import Analytics
@testable import DashboardCGI

@Suite("The templates")
struct TemplateTests {
    @Test("each name in a template is a property of its view model, and each property is used")
    func names() throws {
        let pages = try Self.pages().map(\.view)
        let templates = try Templates(Assets(chartLibrary: Template.path("Package.swift")))
        let probe = Probe.Log()
        for sample in Dictionary(grouping: pages, by: { type(of: $0.content).template }) {
            let documents = sample.value.map { Document(templates.assets, $0) }
            _ = templates.library.render(Probe(documents, probe), withTemplate: sample.key)
        }
        let refusals = [
            RefusalView(address: "203.0.113.9"), RefusalView(isProxied: true), RefusalView(host: "evil.example"),
        ]
        _ = templates.library.render(Probe(refusals, probe), withTemplate: "refusal")
        #expect(probe.asked.subtracting(probe.used).sorted() == [])
        #expect(probe.unprintable.sorted() == [])
        #expect(probe.declared.subtracting(probe.used).sorted() == [])
    }

    /// Pages that have a value for each optional property of their view models.
    private static func pages() throws -> [Page] {
        let postgres = try PostgresServer.withSchema()
        let folder = try TemporaryFolder()
        let store = "embedded:\(folder.path("store"))"
        let limiter = try LimiterProcess(store: store, companions: [folder])
        defer { withExtendedLifetime(limiter) {} }
        var traffic = Traffic()
        traffic.add("api_key=ann", .data, allowed: 5, blocked: 150, shadowBlocked: 1, failed: 1, at: now() - 60)
        traffic.add("api_key=ann", .data, allowed: 5, blocked: 15, at: now() - 5_400)
        traffic.add("api_key=ann", .data, allowed: 5, blocked: 15, at: now() - 9_000)
        traffic.add("api_key=bob", .search, failed: 1, at: now() - 60)
        for number in 0...TopSenders.limit.page {
            traffic.addValue("path", "/\(number)", .data, allowed: 1, at: now() - 60)
        }
        traffic.add("all", .data, blocked: 100, at: now())
        try traffic.write(to: postgres)
        try postgres.query("insert into limiter.units_10s values (now(), 'login', 5, 2, 0)")
        try postgres.query(
            "insert into limiter.annotations (at, kind, host, text) values (now(), 'start', 'web-1', 'x')")
        try postgres.query("update limiter.processes set seen = now() - interval '1 minute'")
        let location = try StoreLocation(store)
        let database = Database(
            try PostgresLocation(postgres.location), deadline: 5_000_000, Logger(label: "test"))
        let live = LiveStore(StoreShelf(location, Logger(label: "test")), rules: nil, location: location)
        let queries: [(PageName, String)] = [
            (.overview, ""), (.top, "by=path"), (.overview, "from=2026-01-01&to=2026-01-02&endpoint=a"), (.clients, ""),
            (.clients, "client=a"),
            (.client, "client=api_key=ann"), (.client, "client=api_key=ann&policy=data"),
            (.client, "client=hashed=0011"), (.client, "client=%2300"), (.events, ""),
            (.events, "before=1-1"), (.events, "range=6h&where=path=*&group=on"),
            (.health, ""), (.overview, "range=2h"), (.effectiveness, ""),
        ]
        return queries.map { Page($0, Array($1.utf8)[...], database, live, now: .now) }
            + [Page(.health, [], Database(nil, deadline: 1, Logger(label: "test")), live, now: .now)]
    }

    @Test("values are escaped scalar by scalar")
    func escaping() throws {
        let templates = try Templates(Assets(chartLibrary: "/nowhere"))
        let name = "\"\u{301}<\u{301}&'"
        let view = PageView(
            title: name, navigation: [], alarm: AlarmView([]), isPast: false, filters: nil,
            content: ProblemView(Problem(.missing, name, name)))
        let html = String(decoding: templates.html(view), as: UTF8.self)
        let escaped = "&quot;\u{301}&lt;\u{301}&amp;&#39;"
        for markup in ["<title>\(escaped) ", "<h1>\(escaped)</h1>", "<p>\(escaped)</p>"] {
            #expect(html.utf8.firstRange(of: markup.utf8) != nil, "\(html)")
        }
    }
}

/// Takes the part of a view model while a template is rendered, and notes each name that the template asks for.
///
/// It stands for several values at once. A section of a list, an optional or a case is rendered once, for all elements of
/// all values. So one rendering meets all names of a template but those in inverted sections, which no template has.
private final class Probe: MustacheParent, MustacheCustomRenderable {
    /// What all probes of a test have met.
    final class Log {
        /// The names that templates look up, by the type of their view model.
        var asked: Set<String> = []
        /// View models that a template prints as if they were text.
        var unprintable: Set<String> = []
        /// All properties of the view models, and those that templates use and find a value in.
        var declared: Set<String> = []
        var used: Set<String> = []
    }

    private let values: [Any]
    private let log: Log

    init(_ values: [Any], _ log: Log) {
        (self.values, self.log) = (values, log)
        for value in values {
            let mirror = Mirror(reflecting: value)
            guard mirror.displayStyle == .struct else { continue }
            for child in mirror.children { log.declared.insert("\(type(of: value)).\(child.label ?? "")") }
        }
    }

    func child(named name: String) -> Any? {
        var children: [Any] = []
        for value in values {
            log.asked.insert("\(type(of: value)).\(name)")
            for child in Mirror(reflecting: value).children where child.label == name {
                let elements = Self.elements(child.value)
                if !elements.isEmpty { log.used.insert("\(type(of: value)).\(name)") }
                children += elements
            }
        }
        guard let first = children.first else { return nil }
        return first is Bool ? true : Probe(children, log)
    }

    /// The elements of lists and optionals, however they are nested.
    private static func elements(_ value: Any) -> [Any] {
        let mirror = Mirror(reflecting: value)
        guard mirror.displayStyle == .optional || mirror.displayStyle == .collection else { return [value] }
        return mirror.children.flatMap { elements($0.value) }
    }

    var renderText: String {
        for value in values where !(value is String || value is any BinaryInteger) {
            log.unprintable.insert("\(type(of: value))")
        }
        return ""
    }

    var isNull: Bool { false }
}
