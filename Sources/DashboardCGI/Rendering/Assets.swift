import FastCGI
import Glibc
import Limiters

/// The files that pages need: a style sheet, fonts, scripts and icons.
///
/// Each address contains a hash of the content, so browsers may cache a file forever.
struct Assets: Sendable {
    /// One file.
    struct Asset: Sendable {
        let type: StaticString
        let bytes: [UInt8]
        /// A hash of the content, 16 hexadecimal digits.
        let tag: String

        init(_ type: StaticString, _ bytes: [UInt8]) {
            self.type = type
            self.bytes = bytes
            tag = String(decoding: SHA256.hexDigest(of: bytes).prefix(16), as: UTF8.self)
        }
    }

    /// The addresses of the files, relative to every page.
    struct Addresses: Sendable {
        let styles: String
        let script: String
        let settingsScript: String
        let chartsScript: String
        let icon: String
        let alarmIcon: String
        /// Chart.js; `nil` if it is missing.
        let chartLibrary: String?
    }

    /// The names of all files.
    static let names: Set = [
        "dashboard.css", "dashboard.js", "settings.js", "charts.js", "chart.js", "icon.svg", "alarm.svg", "sans.woff2",
        "sans_bold.woff2", "mono.woff2",
    ]

    private let files: [String: Asset]

    /// The files of this program, and Chart.js from its path.
    init(chartLibrary: String) {
        var files = [
            "sans.woff2": Asset("font/woff2", PackageResources.sans_woff2),
            "sans_bold.woff2": Asset("font/woff2", PackageResources.sans_bold_woff2),
            "mono.woff2": Asset("font/woff2", PackageResources.mono_woff2),
        ]
        var styles = String(decoding: PackageResources.dashboard_css, as: UTF8.self)
        for (name, font) in files { styles.replace(name, with: "\(name)?v=\(font.tag)") }
        files.merge([
            "dashboard.css": Asset("text/css; charset=utf-8", Array(styles.utf8)),
            "dashboard.js": Asset("text/javascript; charset=utf-8", PackageResources.dashboard_js),
            "settings.js": Asset("text/javascript; charset=utf-8", PackageResources.settings_js),
            "charts.js": Asset("text/javascript; charset=utf-8", PackageResources.charts_js),
            "icon.svg": Asset("image/svg+xml", PackageResources.icon_svg),
            "alarm.svg": Asset("image/svg+xml", PackageResources.alarm_svg),
        ]) { $1 }
        files["chart.js"] = Self.read(chartLibrary).map { Asset("text/javascript; charset=utf-8", $0) }
        self.files = files
    }

    /// Whether Chart.js was found.
    var hasCharts: Bool { files["chart.js"] != nil }

    var addresses: Addresses {
        func address(_ name: String) -> String { "\(name)?v=\(files[name]?.tag ?? "")" }
        return Addresses(
            styles: address("dashboard.css"), script: address("dashboard.js"), settingsScript: address("settings.js"),
            chartsScript: address("charts.js"),
            icon: address("icon.svg"), alarmIcon: address("alarm.svg"),
            chartLibrary: hasCharts ? address("chart.js") : nil)
    }

    /// The answer to a request for a file; `nil` if it is missing.
    func answer(_ name: String, to request: Request) -> Response? {
        guard let file = files[name] else { return nil }
        let isKnown = request.text(of: "HTTP_IF_NONE_MATCH")?.contains(file.tag) == true
        var response =
            isKnown
            ? Response(status: 304, reason: "Not Modified") : Response(status: 200, reason: "OK", body: file.bytes)
        response.addHeader("Content-Type", file.type)
        response.addHeader("ETag") { $0 += Array("\"\(file.tag)\"".utf8) }
        if request.text(of: "QUERY_STRING") == "v=\(file.tag)" {
            response.addHeader("Cache-Control", "private, max-age=31536000, immutable")
        } else {
            response.addHeader("Cache-Control", "private, no-cache")
        }
        return response
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { return bytes.isEmpty ? nil : bytes }
            bytes += buffer[..<count]
        }
    }
}
