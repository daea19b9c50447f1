import FastCGI

extension Table {
    /// The table as a file.
    func file(_ format: TableFormat) -> [UInt8] {
        switch format {
        case .csv: csv
        case .json: json
        }
    }

    /// The indices of the columns that files have: charts are left out.
    private var fileColumns: [Int] {
        columns.indices.filter { index in
            if case .spark? = rows.first?[index] { return false }
            return true
        }
    }

    /// Source: RFC 4180.
    private var csv: [UInt8] {
        let indices = fileColumns
        var text = indices.map { columns[$0].key }.joined(separator: ",") + "\r\n"
        for row in rows {
            text += indices.map { row[$0].csv }.joined(separator: ",") + "\r\n"
        }
        return Array(text.utf8)
    }

    /// A list of objects.
    private var json: [UInt8] {
        let indices = fileColumns
        let objects = rows.map { row in
            "{" + indices.map { JSON.string(columns[$0].key) + ":" + row[$0].json }.joined(separator: ",") + "}"
        }
        return Array(("[" + objects.joined(separator: ",\n") + "]\n").utf8)
    }
}

extension Cell {
    /// A value as files have it.
    ///
    /// The column's key names the unit.
    private enum Value {
        case text(String)
        case number(String)
        case absent
    }

    private var value: Value {
        switch self {
        case .absent, .spark: .absent
        case .text(let text), .client(let text), .choice(_, let text): .text(text)
        case .count(let number), .bytes(let number), .left(let number, _): .number(String(number))
        case .share(let number): .number(Self.rounded(number, 1_000_000))
        case .number(let number), .seconds(let number), .microseconds(let number): .number(Self.rounded(number, 1_000))
        case .time(let time): .text(Cell.iso(time))
        case .state(let isGood, let text): .text(isGood ? "up" : text)
        }
    }

    fileprivate var csv: String {
        switch value {
        case .absent: return ""
        case .number(let text): return text
        case .text(var text):
            // Keeps spreadsheets from running a client's name as a formula.
            if let first = text.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first) { text = "'" + text }
            let isPlain = !text.utf8.contains { [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13].contains($0) }
            return isPlain ? text : "\"" + text.replacing("\"", with: "\"\"") + "\""
        }
    }

    fileprivate var json: String {
        switch value {
        case .absent: "null"
        case .number(let text): text
        case .text(let text): JSON.string(text)
        }
    }

    /// A time in UTC, with milliseconds if it has any: `2026-11-24T05:43:00Z`, `2026-11-24T05:43:00.125Z`.
    static func iso(_ time: Double) -> String {
        let milliseconds = Int64((time * 1_000).rounded(.down))
        let moment = Moment(seconds: milliseconds / 1_000)
        guard milliseconds % 1_000 != 0 else { return moment.iso }
        let digits = String(1_000 + milliseconds % 1_000).dropFirst()
        return moment.text("%Y-%m-%dT%H:%M:%S") + ".\(digits)Z"
    }

    private static func rounded(_ number: Double, _ scale: Double) -> String {
        guard number.isFinite else { return "0" }
        let rounded = (number * scale).rounded() / scale
        return rounded == rounded.rounded() && rounded.magnitude < 1e15 ? String(Int64(rounded)) : String(rounded)
    }
}
