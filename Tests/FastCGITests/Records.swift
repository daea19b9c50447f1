/// FastCGI records, as web servers write them and malformed.
struct Records {
    /// The type of a record.
    enum Kind: UInt8 {
        case begin = 1
        case abort = 2
        case end = 3
        case parameters = 4
        case input = 5
        case output = 6
        case errors = 7
        case data = 8
        case getValues = 9
        case unknown = 11
    }

    /// Whether the connection is kept after the answer.
    enum Afterwards: UInt8 {
        case close = 0
        case keep = 1
    }

    private(set) var bytes: [UInt8] = []

    /// Adds a record; `claim` replaces the true length of the content in its header.
    mutating func add(
        _ kind: Kind, _ content: [UInt8] = [], padding: UInt8 = 0, version: UInt8 = 1, identifier: UInt16 = 1,
        claim: Int? = nil
    ) {
        let length = claim ?? content.count
        bytes += [version, kind.rawValue, UInt8(identifier >> 8), UInt8(identifier & 255)]
        bytes += [UInt8(length >> 8 & 255), UInt8(length & 255), padding, 0]
        bytes += content
        bytes += [UInt8](repeating: 0xEE, count: Int(padding))
    }

    mutating func begin(role: UInt16 = 1, _ afterwards: Afterwards = .keep, identifier: UInt16 = 1, padding: UInt8 = 0)
    {
        let content = [UInt8(role >> 8), UInt8(role & 255), afterwards.rawValue, 0, 0, 0, 0, 0]
        add(.begin, content, padding: padding, identifier: identifier)
    }

    /// Adds a stream: padded records of at most `size` bytes of content, then the empty record.
    mutating func stream(_ kind: Kind, _ content: [UInt8], size: Int = 32_768, padding: UInt8 = 0) {
        var rest = content[...]
        while !rest.isEmpty {
            add(kind, Array(rest.prefix(size)), padding: padding)
            rest = rest.dropFirst(size)
        }
        add(kind)
    }

    /// A complete request.
    static func request(
        role: UInt16 = 1, _ variables: KeyValuePairs<String, String> = [:], _ afterwards: Afterwards = .keep,
        body: [UInt8] = [], parameterSize: Int = 32_768, bodySize: Int = 32_768, padding: UInt8 = 0
    ) -> [UInt8] {
        var records = Records()
        records.begin(role: role, afterwards)
        records.stream(.parameters, pairs(variables), size: parameterSize, padding: padding)
        records.stream(.input, body, size: bodySize, padding: padding)
        return records.bytes
    }

    /// A request up to the end of its variables, without its body.
    static func head(role: UInt16 = 1, _ variables: KeyValuePairs<String, String> = [:]) -> [UInt8] {
        var records = Records()
        records.begin(role: role)
        records.stream(.parameters, pairs(variables))
        return records.bytes
    }

    /// How a length below 128 is written.
    enum LengthForm {
        case short
        case long
    }

    /// Names and values, each with its length.
    static func pairs(_ variables: KeyValuePairs<String, String>, lengths: LengthForm = .short) -> [UInt8] {
        variables.reduce(into: []) { bytes, variable in
            bytes += length(variable.key.utf8.count, lengths) + length(variable.value.utf8.count, lengths)
            bytes += Array(variable.key.utf8) + Array(variable.value.utf8)
        }
    }

    /// A length, in four bytes if it is 128 or more or `form` is long, else in one.
    static func length(_ number: Int, _ form: LengthForm = .short) -> [UInt8] {
        if number < 128, form == .short { return [UInt8(number)] }
        return [
            UInt8(number >> 24 & 0x7F | 0x80), UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255),
        ]
    }
}
