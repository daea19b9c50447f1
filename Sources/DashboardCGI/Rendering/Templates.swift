import Mustache

/// The templates of all pages.
///
/// A template names the stored properties of its view model: `{{.title}}`. Every name begins with a dot, so that it is
/// looked up in the innermost view model only.
struct Templates: Sendable {
    let library: MustacheLibrary
    let assets: Assets.Addresses

    /// Parses the templates.
    ///
    /// - Throws: the parser's error. Only a mistake in a template causes one, and every test would show it.
    init(_ assets: Assets) throws {
        // The library's own escaping leaves a quote alone that a combining mark follows.
        MustacheContentTypes.register(Markup(), named: "MARKUP")
        var library = MustacheLibrary()
        for (name, bytes) in [
            ("layout", PackageResources.layout_mustache), ("filters", PackageResources.filters_mustache),
            ("table", PackageResources.table_mustache), ("chart", PackageResources.chart_mustache),
            ("figures", PackageResources.figures_mustache), ("files", PackageResources.files_mustache),
            ("hours", PackageResources.hours_mustache), ("overview", PackageResources.overview_mustache),
            ("top", PackageResources.top_mustache), ("clients", PackageResources.clients_mustache),
            ("client", PackageResources.client_mustache),
            ("events", PackageResources.events_mustache), ("health", PackageResources.health_mustache),
            ("verdict", PackageResources.verdict_mustache),
            ("effectiveness", PackageResources.effectiveness_mustache), ("problem", PackageResources.problem_mustache),
            ("refusal", PackageResources.refusal_mustache),
            ("overrides", PackageResources.overrides_mustache), ("confirm", PackageResources.confirm_mustache),
            ("audit", PackageResources.audit_mustache), ("trial", PackageResources.trial_mustache),
        ] {
            try library.register("{{% CONTENT_TYPE: MARKUP}}" + String(decoding: bytes, as: UTF8.self), named: name)
        }
        self.library = library
        self.assets = assets.addresses
    }

    /// A page in the layout of all pages, as HTML.
    func html(_ page: PageView) -> [UInt8] {
        html(type(of: page.content).template, Document(assets, page))
    }

    /// The refusal, a page with a layout of its own, as HTML.
    func html(_ refusal: RefusalView) -> [UInt8] { html("refusal", refusal) }

    private func html(_ name: String, _ view: Any) -> [UInt8] {
        Array((library.render(view, withTemplate: name) ?? "").utf8)
    }

    /// Escapes text for HTML, for elements and quoted attributes, scalar by scalar.
    ///
    /// Characters that change the direction of text, or nothing that can be seen, are shown by their numbers.
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
                case "\u{61C}", "\u{200B}"..."\u{200F}", "\u{202A}"..."\u{202E}", "\u{2060}"..."\u{2069}", "\u{FEFF}":
                    escaped += "⟨U+" + String(scalar.value, radix: 16, uppercase: true) + "⟩"
                default: escaped.unicodeScalars.append(scalar)
                }
            }
            return escaped
        }
    }
}

/// The view model of the template `layout`.
struct Document {
    let assets: Assets.Addresses
    /// Whether nothing is wrong now, which the title and the icon in the browser's tab tell.
    let isWell: Bool
    let isFaulty: Bool
    let page: PageView

    init(_ assets: Assets.Addresses, _ page: PageView) {
        (self.assets, self.page) = (assets, page)
        isWell = page.alarm.lines.isEmpty
        isFaulty = !isWell
    }
}
