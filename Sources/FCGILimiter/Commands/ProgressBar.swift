import Glibc

/// Shows on the terminal how much of a file has been read.
///
/// Shows nothing if standard error is not a terminal or the file's length is unknown.
struct ProgressBar {
    private let total: Int
    private let isShown: Bool
    private var shown = -1

    init(total: Int?) {
        self.total = max(1, total ?? 1)
        isShown = total != nil && isatty(STDERR_FILENO) != 0
    }

    /// Shows the position in bytes, if its percentage has changed.
    mutating func update(_ position: Int) {
        guard isShown else { return }
        let percent = min(100, position * 100 / total)
        guard percent != shown else { return }
        shown = percent
        let bar = String(repeating: "#", count: percent / 2) + String(repeating: ".", count: 50 - percent / 2)
        show("\r[\(bar)] \(percent) %")
    }

    /// Erases the bar.
    func finish() {
        if isShown { show("\r\u{1B}[K") }
    }

    private func show(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
