import FastCGI
import Glibc

/// The files that pages need: a style sheet, scripts, a picture.
///
/// Their addresses carry their content's hash, so browsers may keep them for ever.
struct Assets: Sendable {
    /// One file.
    struct Asset: Sendable {
        let type: StaticString
        let bytes: [UInt8]
        /// Its content's hash, 16 hexadecimal digits.
        let tag: String

        init(_ type: StaticString, _ bytes: [UInt8]) {
            self.type = type
            self.bytes = bytes
            tag = Self.hash(bytes)
        }

        /// Source: FNV-1a, 64 bits.
        private static func hash(_ bytes: [UInt8]) -> String {
            let hash = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
            let digits = String(hash, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
    }

    /// The names that there are.
    static let names: Set = ["dashboard.css", "dashboard.js", "theme.js", "chart.js", "icon.svg"]

    private let files: [String: Asset]

    /// The files of this program, and Chart.js from where it is installed.
    init(chartLibrary: String) {
        var files = [
            "dashboard.css": Asset("text/css; charset=utf-8", PackageResources.dashboard_css),
            "dashboard.js": Asset("text/javascript; charset=utf-8", PackageResources.dashboard_js),
            "theme.js": Asset("text/javascript; charset=utf-8", PackageResources.theme_js),
            "icon.svg": Asset("image/svg+xml", PackageResources.icon_svg),
        ]
        files["chart.js"] = Self.read(chartLibrary).map { Asset("text/javascript; charset=utf-8", $0) }
        self.files = files
    }

    /// Whether Chart.js is there.
    var hasCharts: Bool { files["chart.js"] != nil }

    /// The address of a file, relative to every page.
    func address(_ name: String) -> String {
        "\(name)?v=\(files[name]?.tag ?? "")"
    }

    /// The answer to a request for a file; `nil` where it is missing.
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
