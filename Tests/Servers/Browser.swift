import Foundation

/// A headless Chromium, driven by ChromeDriver.
///
/// Source: W3C WebDriver. Names that begin with `goog:` are ChromeDriver's extensions.
public final class Browser {
    /// The preferred colour scheme.
    public enum Scheme: String, Sendable, CaseIterable {
        /// Dark text on a light background.
        case light
        /// Light text on a dark background.
        case dark
    }

    /// A key other than a letter.
    public enum Key: String, Sendable {
        /// Moves to the next field or link.
        case tab = "\u{E004}"
        /// Activates the focused element.
        case enter = "\u{E007}"
        /// Closes an overlay.
        case escape = "\u{E00C}"
    }

    private let folder: TemporaryFolder
    private let driver: ServerProcess
    private let client: HTTPClient
    private var session = ""

    /// Starts the server.
    ///
    /// - Parameters:
    ///   - width: width of the page in pixels.
    ///   - height: height of the page in pixels.
    ///   - scheme: the preferred colour scheme.
    /// - Throws: ``ServerError`` when Chromium or ChromeDriver is missing, or does not start.
    public init(width: Int = 1_280, height: Int = 900, scheme: Scheme = .light) throws {
        let folder = try TemporaryFolder()
        let port = try FreePort().number
        let chromium = try Program("chromium", package: "chromium")
        let address = ServerAddress.tcp(port: port)
        driver = try ServerProcess(
            Program("chromedriver", package: "chromium-driver"), ["--port=\(port)"],
            // The folder for the browser's profile.
            environment: ["TMPDIR": folder.path], in: folder, whenOrphaned: .terminate, deadline: 30
        ) { address.accepts }
        self.folder = folder
        client = HTTPClient(driver, port: port)
        // Root cannot use Chromium's sandbox, and /dev/shm may be small.
        let arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--lang=en", "--user-data-dir=\(folder.path("profile"))",
        ]
        let options: [String: Any] = ["args": arguments, "binary": chromium.path]
        let wanted: [String: Any] = [
            "browserName": "chrome", "goog:loggingPrefs": ["browser": "ALL"], "goog:chromeOptions": options,
        ]
        let answer = try post("/session", ["capabilities": ["alwaysMatch": wanted]]) as? [String: Any]
        guard let session = answer?["sessionId"] as? String else { throw ServerError("ChromeDriver gave no session") }
        self.session = "/session/\(session)"
        try resize(width: width, height: height)
        try prefer(scheme)
    }

    deinit {
        // The browser is a child of ChromeDriver and ends with its session.
        if !session.isEmpty { _ = try? send("DELETE", session) }
    }

    /// Resizes the page, in pixels.
    ///
    /// Up to a width of 500 it emulates a phone.
    public func resize(width: Int, height: Int) throws {
        try command(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": width <= 500])
    }

    /// Changes the preferred colour scheme.
    ///
    public func prefer(_ scheme: Scheme) throws {
        try command(
            "Emulation.setEmulatedMedia",
            ["features": [["name": "prefers-color-scheme", "value": scheme.rawValue]]])
    }

    /// Disables the scripts of pages opened from now on.
    ///
    /// Scripts of the tests still run.
    public func disableScripts() throws {
        try command("Emulation.setScriptExecutionDisabled", ["value": true])
    }

    @discardableResult
    private func command(_ name: String, _ parameters: [String: Any]) throws -> Any? {
        try post(session + "/goog/cdp/execute", ["cmd": name, "params": parameters])
    }

    /// Opens a page and waits until it has loaded.
    ///
    public func open(_ address: String) throws {
        try post(session + "/url", ["url": address])
    }

    /// Goes back to the previous page.
    public func back() throws {
        try post(session + "/back", [:])
    }

    /// The address of the page.
    public var address: String {
        get throws { try send("GET", session + "/url") as? String ?? "" }
    }

    /// Runs the body of a function with these `arguments` and returns its result.
    @discardableResult
    public func run(_ script: String, _ arguments: String...) throws -> Any? {
        try post(session + "/execute/sync", ["script": script, "args": arguments])
    }

    /// The visible text of the first element that a CSS selector finds; `nil` without one.
    public func text(_ selector: String) throws -> String? {
        try run("const e = document.querySelector(arguments[0]); return e && e.innerText.trim()", selector) as? String
    }

    /// The visible texts of all elements that a CSS selector finds.
    public func texts(_ selector: String) throws -> [String] {
        let script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText.trim())"
        return try run(script, selector) as? [String] ?? []
    }

    /// Clicks the first element that a CSS selector finds.
    ///
    /// - Throws: ``ServerError`` when there is none, or another element covers it.
    public func click(_ selector: String) throws {
        let found = try post(session + "/element", ["using": "css selector", "value": selector]) as? [String: Any]
        guard let element = found?.values.first as? String else { throw ServerError("\(selector): no such element") }
        try post(session + "/element/\(element)/click", [:])
    }

    /// Types text into the focused element.
    public func type(_ text: String) throws {
        let keys = text.map { key in
            [["type": "keyDown", "value": String(key)], ["type": "keyUp", "value": String(key)]]
        }
        try post(
            session + "/actions", ["actions": [["type": "key", "id": "keyboard", "actions": keys.flatMap { $0 }]]])
    }

    /// Presses a key.
    public func press(_ key: Key) throws {
        try type(key.rawValue)
    }

    /// Presses the mouse's button at a point of the visible page, moves to another one, and releases the button there.
    public func drag(from start: (x: Int, y: Int), to end: (x: Int, y: Int)) throws {
        func move(_ point: (x: Int, y: Int)) -> [String: Any] { ["type": "pointerMove", "x": point.x, "y": point.y] }
        let actions = [
            move(start), ["type": "pointerDown", "button": 0], move(end), ["type": "pointerUp", "button": 0],
        ]
        try post(session + "/actions", ["actions": [["type": "pointer", "id": "mouse", "actions": actions]]])
    }

    /// A screenshot of the visible page, as a PNG.
    public func screenshot() throws -> [UInt8] {
        let text = try send("GET", session + "/screenshot") as? String ?? ""
        guard let data = Data(base64Encoded: text) else { throw ServerError("no screenshot") }
        return [UInt8](data)
    }

    /// A picture of the visible page as a WebP, which is small.
    public func picture() throws -> [UInt8] {
        let parameters: [String: Any] = ["format": "webp", "quality": 70]
        let answer = try command("Page.captureScreenshot", parameters) as? [String: Any]
        guard let data = (answer?["data"] as? String).flatMap({ Data(base64Encoded: $0) }) else {
            throw ServerError("no picture")
        }
        return [UInt8](data)
    }

    /// The console's messages since the last call: warnings, errors, refused loads.
    public func consoleLines() throws -> [String] {
        let entries = try post(session + "/se/log", ["type": "browser"]) as? [[String: Any]] ?? []
        return entries.compactMap { $0["message"] as? String }
    }

    @discardableResult
    private func post(_ path: String, _ object: [String: Any]) throws -> Any? {
        try send("POST", path, body: [UInt8](JSONSerialization.data(withJSONObject: object)))
    }

    private func send(_ method: String, _ path: String, body: [UInt8]? = nil) throws -> Any? {
        let answer = try client.send(method, path, headers: ["Content-Type": "application/json"], body: body)
        let value = try answer.json()["value"]
        guard answer.status == 200 else {
            let message = (value as? [String: Any])?["message"] as? String ?? answer.text
            throw ServerError("ChromeDriver, \(path): \(message.prefix(400))")
        }
        return value is NSNull ? nil : value
    }
}
