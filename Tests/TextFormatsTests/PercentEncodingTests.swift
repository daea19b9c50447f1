import Testing
import TextFormats

@Suite("Percent-encoding")
struct PercentEncodingTests {
    @Test(
        "decodes each encoding once and leaves an incomplete one as it is",
        arguments: [
            ("", ""), ("plain", "plain"), ("%41", "A"), ("a%2fb%2FC", "a/b/C"),
            ("%2541", "%41"), ("%", "%"), ("%4", "%4"), ("%4g", "%4g"), ("%g4", "%g4"), ("%%41", "%A"), ("a+b", "a+b"),
            ("%00", "\u{0}"),
        ])
    func decodes(encoded: String, decoded: String) {
        #expect(PercentEncoding.decoded(bytes(encoded)).elementsEqual(decoded.utf8))
    }

    @Test("decodes + as a space if the caller says so, and never an encoded +")
    func decodesPlus() {
        #expect(PercentEncoding.decoded(bytes("a+b%2B%20"), plusIsSpace: true).elementsEqual("a b+ ".utf8))
    }

    @Test("encodes all but unreserved and kept characters, and decoding gives the text again")
    func encodes() {
        #expect(PercentEncoding.encoded("aZ09-._~") == "aZ09-._~")
        #expect(PercentEncoding.encoded("a b/ü%+") == "a%20b%2F%C3%BC%25%2B")
        #expect(PercentEncoding.encoded("a:b/c?", keeping: ":/") == "a:b/c%3F")
        let all = String(String.UnicodeScalarView((0...0x2FF).compactMap { Unicode.Scalar($0 as UInt32) }))
        let decoded = PercentEncoding.decoded(bytes(PercentEncoding.encoded(all)), plusIsSpace: true)
        #expect(decoded.elementsEqual(all.utf8))
    }
}

@Suite("URL queries")
struct URLQueryTests {
    @Test("fields come decoded and in their order")
    func fields() {
        let fields = URLQuery(bytes("a=1&&b=two%20words&c+d=x+y&e&=f&g=1=2")).map { field in
            [String(decoding: field.name, as: UTF8.self), String(decoding: field.value, as: UTF8.self)]
        }
        #expect(
            fields == [["a", "1"], ["b", "two words"], ["c d", "x y"], ["e", ""], ["", "f"], ["g", "1=2"]])
        #expect(Array(URLQuery([])).isEmpty)
    }

    @Test("of several fields with one name the first counts")
    func first() {
        let query = URLQuery(bytes("q=1&%71=2&p=%ff"))
        #expect(query.first("q".utf8)?.elementsEqual("1".utf8) == true)
        #expect(query.first("r".utf8) == nil)
        #expect(query.dictionary == ["q": "1", "p": "\u{FFFD}"])
    }

    @Test("a written query reads as it was, without the fields that have no value")
    func text() {
        let text = URLQuery.text([("a", "1 & 2"), ("b", nil), ("c", "10:00/x=")])
        #expect(text == "a=1%20%26%202&c=10:00/x%3D")
        #expect(URLQuery(bytes(text)).dictionary == ["a": "1 & 2", "c": "10:00/x="])
    }
}

func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }
