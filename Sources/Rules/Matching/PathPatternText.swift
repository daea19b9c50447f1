extension PathPattern: CustomStringConvertible {
    /// The pattern as a rules file writes it.
    var description: String {
        let written = segments.map { segment in
            switch segment {
            case .text(let bytes): "/" + String(decoding: bytes, as: UTF8.self)
            case .any: "/*"
            }
        }
        let text = written.joined() + (includesDescendants && !isScript ? "/**" : "")
        return text.isEmpty ? "/" : text
    }
}
