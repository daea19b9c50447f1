import Testing
import TextFormats

@Suite("Numbers")
struct NumberTests {
    @Test("integers are written as Swift writes them", arguments: [0, 7, 10, 99, 100, -1, Int64.max, Int64.min])
    func writesDecimals(number: Int64) {
        var text: [UInt8] = []
        text.append(decimal: number)
        #expect(text == Array(String(number).utf8))
    }

    @Test(
        "1 to 18 digits are a number, and other text is not",
        arguments: [
            ("0", 0), ("007", 7), ("999999999999999999", 999_999_999_999_999_999), ("1000000000000000000", nil),
            ("", nil), ("-1", nil), ("+1", nil), (" 1", nil), ("1 ", nil), ("1a", nil), ("१", nil),
        ] as [(String, Int64?)])
    func readsDecimals(text: String, number: Int64?) {
        #expect(decimalValue(text.utf8) == number)
    }

    @Test("hexadecimal digits are read in either case and written in the one asked for")
    func hexadecimal() {
        let values = (0...255).map { hexadecimalValue($0) }
        for byte in UInt8.min...UInt8.max {
            let expected = Character(Unicode.Scalar(byte)).isASCII ? Character(Unicode.Scalar(byte)).hexDigitValue : nil
            #expect(values[Int(byte)].map(Int.init) == expected)
        }
        var text: [UInt8] = []
        text.append(hexadecimal: 0x0A)
        text.append(hexadecimal: 0xF9, uppercase: true)
        #expect(text == Array("0aF9".utf8))
    }

    @Test(
        "byte sizes are read with a unit or without",
        arguments: [
            ("0", 0, "0"), ("1000", 1_000, "1000"), ("1024", 1_024, "1K"), ("512K", 524_288, "512K"),
            ("512M", 536_870_912, "512M"), ("2G", 2_147_483_648, "2G"), ("1536M", 1_610_612_736, "1536M"),
            ("", nil, ""), ("M", nil, ""), ("-1M", nil, ""), ("1T", nil, ""), ("1.5G", nil, ""), ("1m", nil, ""),
            ("9999999999G", nil, ""), ("999999999999999999", 999_999_999_999_999_999, "999999999999999999"),
        ] as [(String, Int?, String)])
    func byteSizes(text: String, bytes: Int?, description: String) {
        let size = ByteSize(text)
        #expect(size?.bytes == bytes)
        #expect((size?.description ?? "") == description)
    }
}
