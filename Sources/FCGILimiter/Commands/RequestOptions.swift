import ArgumentParser
import Rules
import Startup

/// The options that describe one request.
struct RequestOptions: ParsableArguments {
    @Argument(help: "Method and target of the request, for example 'POST /api/upload?x=1'. Default method: GET.")
    var request: RequestLine

    @Option(help: "A header field of the request, for example 'X-API-Key: k'. Can be repeated.")
    var header: [HeaderField] = []

    @Option(help: "The address that the request comes from.")
    var address = "127.0.0.1"

    @Option(help: "A variable that the web server sets, for example REMOTE_USER=alice. Can be repeated.")
    var variable: [VariableSetting] = []

    /// The request's variables, as a web server would send them.
    var sample: SampleRequest {
        var sample = SampleRequest(method: request.method, target: request.target, address: address)
        for field in header { sample.addHeader(field.name, field.value.utf8) }
        for setting in variable { sample.set(setting.name, to: setting.value.utf8) }
        return sample
    }
}

/// `POST /api/upload`, or the target alone for `GET`.
struct RequestLine: OptionValue {
    let method: String
    let target: String

    init(option text: String) throws(InvalidValue) {
        let words = text.split(separator: " ", maxSplits: 1).map(String.init)
        (method, target) = words.count == 2 ? (words[0], words[1]) : ("GET", text)
        guard target.hasPrefix("/") || target.contains("://") || target == "*" else {
            throw InvalidValue(text, allowed: "for example 'POST /api/upload'")
        }
    }
}

/// `Name: value`; blanks around the value do not belong to it.
struct HeaderField: OptionValue {
    let name: String
    let value: Substring

    init(option text: String) throws(InvalidValue) {
        guard let colon = text.firstIndex(of: ":") else { throw InvalidValue(text, allowed: "'Name: value'") }
        name = String(text[..<colon])
        let value = text[text.index(after: colon)...].drop { $0 == " " }
        self.value = value.prefix(upTo: value.lastIndex { $0 != " " }.map(value.index(after:)) ?? value.startIndex)
    }
}

/// `NAME=value`.
struct VariableSetting: OptionValue {
    let name: String
    let value: Substring

    init(option text: String) throws(InvalidValue) {
        guard let sign = text.firstIndex(of: "=") else { throw InvalidValue(text, allowed: "NAME=value") }
        name = String(text[..<sign])
        value = text[text.index(after: sign)...]
    }
}
