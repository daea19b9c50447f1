import Mustache

/// The pages' templates.
struct Templates: Sendable {
    /// What a template shows, by names: texts, numbers as they are to be read, truth values, lists, and further views.
    typealias View = [String: Any]

    private let library: MustacheLibrary
    private let assets: [String: String]
    private let hasCharts: Bool

    /// The templates, parsed.
    ///
    /// - Throws: the parser's error where one of them is no template: that is a mistake of ours, and every test sees it.
    init(_ assets: Assets) throws {
        // The library's own way to escape leaves a quote alone that a combining mark follows.
        MustacheContentTypes.register(Markup(), named: "MARKUP")
        var library = MustacheLibrary()
        for (name, bytes) in [
            ("layout", PackageResources.layout_mustache), ("filters", PackageResources.filters_mustache),
            ("table", PackageResources.table_mustache), ("chart", PackageResources.chart_mustache),
            ("figures", PackageResources.figures_mustache), ("overview", PackageResources.overview_mustache),
            ("clients", PackageResources.clients_mustache), ("client", PackageResources.client_mustache),
            ("events", PackageResources.events_mustache), ("hours", PackageResources.hours_mustache),
            ("health", PackageResources.health_mustache),
            ("problem", PackageResources.problem_mustache), ("refusal", PackageResources.refusal_mustache),
        ] {
            try library.register("{{% CONTENT_TYPE: MARKUP}}" + String(decoding: bytes, as: UTF8.self), named: name)
        }
        self.library = library
        hasCharts = assets.hasCharts
        self.assets = Dictionary(
            uniqueKeysWithValues: Assets.names.map {
                ($0.split(separator: ".").joined(separator: "_"), assets.address($0))
            })
    }

    /// A page as HTML.
    func page(_ name: String, _ view: View) -> [UInt8] {
        var view = view
        view["assets"] = assets
        view["hasCharts"] = hasCharts
        return Array((library.render(view, withTemplate: name) ?? "").utf8)
    }

    /// Text as it stands in HTML, within elements and within quoted values.
    struct Markup: MustacheContentType {
        func escapeText(_ text: String) -> String {
            var escaped = ""
            escaped.reserveCapacity(text.utf8.count)
            for scalar in text.unicodeScalars {
                switch scalar {
                case "<": escaped += "&lt;"
                case ">": escaped += "&gt;"
                case "&": escaped += "&amp;"
                case "\"": escaped += "&quot;"
                case "'": escaped += "&#39;"
                default: escaped.unicodeScalars.append(scalar)
                }
            }
            return escaped
        }
    }
}
