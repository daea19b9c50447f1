extension PathPattern: CustomStringConvertible {
    /// The pattern as it is written in a rules file.
    var description: String {
        let written = segments.map { segment in
            switch segment {
            case .text(let bytes): "/" + String(decoding: bytes, as: UTF8.self)
            case .any: "/*"
            }
        }
        let text = written.joined() + (isOpen ? "/**" : "")
        return text.isEmpty ? "/" : text
    }
}
