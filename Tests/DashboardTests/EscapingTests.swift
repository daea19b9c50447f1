import Foundation
import Servers
import Testing

@Suite("Hostile names of clients")
struct EscapingTests {
    /// Names that clients may send, and that identities keep percent-encoded.
    static let names = [
        "<script>alert(1)</script>", "\"quoted\" & 'single'", "emoji 🦊 and ümlaut",
        "\"\u{301} onmouseover=alert(1) x=\"",
        "<\u{301}img src=x>", "=cmd()|'/C calc'!A1", "{{name}}{{{name}}}", "two\r\nlines,and;commas",
        "\u{202E}reversed",
    ]

    static func identity(_ name: String) -> String {
        var allowed = CharacterSet.alphanumerics.intersection(CharacterSet(charactersIn: "\u{0}"..."\u{7F}"))
        allowed.insert(charactersIn: "-._~:/@+")
        return "api_key=" + (name.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")
    }

    private static func query(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    @Test("names, user agents and filters are text on pages, whatever they contain")
    func pages() throws {
        let postgres = try PostgresServer.withSchema()
        var traffic = Traffic()
        for name in Self.names {
            traffic.add(Self.identity(name), .data, allowed: 1, blocked: 1, at: now() - 60, userAgent: name)
        }
        try traffic.write(to: postgres)
        let client = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres]).client()
        for name in Self.names {
            let identity = Self.query(Self.identity(name))
            let plain = Self.query(name)
            for page in [
                "clients", "events", "client?client=\(identity)", "?endpoint=\(plain)&policy=\(plain)&client=\(plain)",
                "events?client=\(plain)", "client?client=\(plain)", "?range=\(plain)", "?from=\(plain)&client=\(plain)",
            ] {
                let answer = try client.get("/limits/\(page)")
                #expect([200, 400].contains(answer.status), "\(page): \(answer.text)")
                // No part of a name has become markup.
                for mark in ["<script>alert", "<\u{301}img", "\"\u{301} onmouseover", "\"quoted\" &", "=\"\"quoted"] {
                    #expect(answer.text.utf8.firstRange(of: mark.utf8) == nil, "\(page)")
                }
            }
            let shown = Self.escaped("api_key=" + name)
            #expect(try client.get("/limits/clients").text.utf8.firstRange(of: "<bdi>\(shown)</bdi>".utf8) != nil)
            let agent = "<bdi>\(Self.escaped(name))</bdi>"
            #expect(try client.get("/limits/events").text.utf8.firstRange(of: agent.utf8) != nil)
            let field = "value=\"\(Self.escaped(name))\""
            #expect(try client.get("/limits/?policy=\(plain)").text.utf8.firstRange(of: field.utf8) != nil)
        }
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\u{202E}": escaped += "⟨U+202E⟩"
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    @Test("files keep names: escaped in JSON, quoted and never a formula in CSV")
    func files() throws {
        let postgres = try PostgresServer.withSchema()
        var traffic = Traffic()
        for name in Self.names {
            traffic.add(Self.identity(name), .data, blocked: 1, at: now() - 60, userAgent: name)
        }
        try traffic.write(to: postgres)
        let client = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres]).client()
        let agents = try client.get("/limits/events.json").list().compactMap { $0["user_agent"] as? String }
        #expect(Set(agents) == Set(Self.names))
        let csv = try client.get("/limits/events.csv").text
        #expect(csv.contains(",'=cmd()|'/C calc'!A1,"))
        #expect(csv.contains(",\"\"\"quoted\"\" & 'single'\","))
        #expect(!csv.contains(",=cmd"))
        let json = try client.get("/limits/events.json").text
        #expect(!json.contains("<script"))
    }

    @Test("names are values in statements, with any quotes and braces")
    func statements() throws {
        let postgres = try PostgresServer.withSchema()
        var traffic = Traffic()
        let names = [
            "api_key=a'b", "api_key=\"},{\"", "api_key=\\", "api_key={}", "api_key=NULL", "'; drop table x; --",
        ]
        // The search encodes what limiters would, so what they write is there beside what they never write.
        let encoded = names.map { $0.hasPrefix("api_key=") ? Self.identity(String($0.dropFirst(8))) : $0 }
        for name in Set(names + encoded) { traffic.add(name, .data, blocked: 2, at: now() - 60) }
        try traffic.write(to: postgres)
        let client = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres]).client()
        let rows = try client.get("/limits/clients.json").list()
        #expect(Set(rows.compactMap { $0["client"] as? String }) == Set(names + encoded))
        for row in rows { #expect(row["last_seen"] is String) }
        for name in names {
            let totals = try client.get("/limits/totals.json?client=\(Self.query(name))").list()
            #expect(totals.first?["blocked"] as? Int == 2)
        }
    }
}
