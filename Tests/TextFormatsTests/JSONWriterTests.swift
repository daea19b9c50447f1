import Testing
import TextFormats

@Suite("JSON")
struct JSONWriterTests {
    @Test("commas separate values at every depth")
    func nesting() {
        var json = JSONWriter()
        json.appendObject { json in
            json.append("number", -5)
            json.append("text", "a")
            json.append("absent", nil as String?)
            json.appendObject("empty") { _ in }
            json.appendArray("rows", of: [[1, 2], [], [3]]) { json, row in
                json.appendArray(of: row) { $0.append($1) }
            }
            json.appendName("flags")
            json.appendArray {
                $0.append(true)
                $0.append(false)
                $0.appendNull()
            }
        }
        json.endLine()
        #expect(
            text(json) == """
                {"number":-5,"text":"a","absent":null,"empty":{},"rows":[[1,2],[],[3]],"flags":[true,false,null]}

                """)
    }

    @Test("strings are escaped, and invalid UTF-8 becomes U+FFFD")
    func strings() {
        var json = JSONWriter()
        json.append("\"\\/\u{0}\t\u{1F}<>&\u{7F}ü\u{2028},:[")
        json.append(utf8: [0x61, 0xFF, 0xC0, 0xAF])
        json.append(utf8: nil)
        let escaped = #"\"\\/\u0000\u0009\u001f\u003c\u003e\u0026"# + "\u{7F}ü\u{2028},:["
        #expect(text(json) == "\"\(escaped)\",\"a\u{FFFD}\u{FFFD}\u{FFFD}\",null")
    }

    @Test("a writer for PostgreSQL leaves zero bytes out")
    func withoutNUL() {
        var json = JSONWriter(nul: .drop)
        json.append("a\u{0}b")
        #expect(text(json) == #""ab""#)
    }

    @Test(
        "numbers are JSON numbers, and other values are null",
        arguments: [
            (0, "0"), (-0.0, "0"), (1.5, "1.5"), (-3, "-3"), (1e17, "1e+17"), (0.1, "0.1"), (.infinity, "null"),
            (.nan, "null"),
        ] as [(Double, String)])
    func doubles(number: Double, written: String) {
        var json = JSONWriter()
        json.append(number)
        #expect(text(json) == written)
    }

    private func text(_ json: JSONWriter) -> String { String(decoding: json.bytes, as: UTF8.self) }
}
