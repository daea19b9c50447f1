import TextFormats

extension Table {
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
        var json = JSONWriter()
        json.appendArray(of: rows) { json, row in
            json.appendObject { json in
                for index in indices {
                    json.appendName(columns[index].key)
                    row[index].append(to: &json)
                }
            }
        }
        json.endLine()
        return json.bytes
    }
}

extension Cell {
    /// A value as files have it.
    ///
    /// The column's key names the unit.
    private enum Value {
        case absent
        case text(String)
        case integer(Int64)
        case number(Double)
    }

    private var value: Value {
        switch self {
        case .absent, .spark, .action: .absent
        case .text(let text), .client(let text), .choice(_, let text), .term(_, let text): .text(text)
        case .count(let number), .bytes(let number), .left(let number, _): .integer(number)
        case .share(let number): .number((number * 1_000_000).rounded() / 1_000_000)
        case .number(let number), .seconds(let number), .microseconds(let number):
            .number((number * 1_000).rounded() / 1_000)
        case .time(let time): .text(time.iso8601)
        case .state(let isGood, let text): .text(isGood ? "up" : text)
        }
    }

    fileprivate func append(to json: inout JSONWriter) {
        switch value {
        case .absent: json.appendNull()
        case .text(let text): json.append(text)
        case .integer(let number): json.append(number)
        case .number(let number): json.append(number)
        }
    }

    var csv: String {
        switch value {
        case .absent: return ""
        case .integer, .number:
            var json = JSONWriter()
            append(to: &json)
            return String(decoding: json.bytes, as: UTF8.self)
        case .text(var text):
            // Keeps spreadsheets from running a client's name as a formula.
            if let first = text.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first) { text = "'" + text }
            let isPlain = !text.utf8.contains { [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13].contains($0) }
            return isPlain ? text : "\"" + text.replacing("\"", with: "\"\"") + "\""
        }
    }
}
