import Glibc
import Testing

@testable import FastCGI

@Suite("Requests as values")
struct RequestTests {
    @Test("a variable is found by its full name")
    func bytes() {
        let request = Request(variables: ["A": "1", "AB": "2", "": "3", "EMPTY": "", "ü": "ß"])
        #expect(request.bytes(of: "A").map(Array.init) == Array("1".utf8))
        #expect(request.bytes(of: "AB").map(Array.init) == Array("2".utf8))
        #expect(request.bytes(of: "EMPTY").map(Array.init) == [])
        #expect(request.bytes(of: "B") == nil)
        #expect(request.bytes(of: "a") == nil)
        #expect(request.bytes(of: "ABC") == nil)
        #expect(request.bytes(of: "EMPTY=") == nil)
        #expect(request.text(of: "ü") == "ß")
        #expect(request.text(of: "B") == nil)
    }

    @Test("a variable is found by a name from run time")
    func runTimeName() {
        let request = Request(variables: ["HTTP_X_API_KEY": "k"])
        #expect(request.bytes(of: Array("HTTP_X_API_KEY".utf8)).map(Array.init) == Array("k".utf8))
        #expect(request.bytes(of: Array("HTTP_X_API".utf8)) == nil)
        #expect(request.bytes(of: [] as [UInt8]) == nil)
    }

    @Test("if a variable comes twice, the first one counts")
    func twice() {
        #expect(Request(variables: ["A": "1", "A": "2"]).text(of: "A") == "1")
        #expect(request(["A=1", "A=2"]).text(of: "A") == "1")
    }

    @Test("a request without variables has none")
    func none() {
        #expect(Request(variables: [:]).bytes(of: "A") == nil)
        #expect(request([]).bytes(of: "A") == nil)
    }

    @Test("the default role is responder")
    func role() {
        #expect(Request(variables: [:]).role == .responder)
        #expect(Request(role: .authorizer, variables: [:]).role == .authorizer)
    }

    @Test(
        "an entry of the environment is split at the first equals sign",
        arguments: [
            ("A=1", "1"), ("A=", ""), ("A", ""), ("A==", "="), ("A=b=c", "b=c"), ("A= 1 ", " 1 "), ("A=ü", "ü"),
        ])
    func entries(entry: String, value: String) {
        let request = request(["FIRST=0", entry, "LAST=9"])
        #expect(request.text(of: "A") == value)
        #expect(request.text(of: "FIRST") == "0")
        #expect(request.text(of: "LAST") == "9")
    }

    @Test("invalid UTF-8 is repaired in text, and kept in bytes")
    func invalidText() {
        let request = request(bytes: [[65, 61, 0xFF, 0xFE]])
        #expect(request.text(of: "A") == "\u{FFFD}\u{FFFD}")
        #expect(request.bytes(of: "A").map(Array.init) == [0xFF, 0xFE])
    }

    /// A request with an environment as libfcgi makes it.
    private func request(_ entries: [String]) -> Request {
        request(bytes: entries.map { Array($0.utf8) })
    }

    private func request(bytes entries: [[UInt8]]) -> Request {
        var pointers: [UnsafeMutablePointer<CChar>?] = entries.map { entry in
            (entry + [0]).map { CChar(bitPattern: $0) }.withUnsafeBufferPointer {
                $0.baseAddress.flatMap { strdup($0) }
            }
        }
        pointers.append(nil)
        defer { pointers.forEach { free($0) } }
        return pointers.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { Request(role: .responder, environment: $0) } ?? Request(variables: [:])
        }
    }
}
