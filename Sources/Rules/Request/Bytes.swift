/// Bytes of a request.
typealias Bytes = ArraySlice<UInt8>

/// The small letter of an ASCII capital; any other byte as it is.
func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
}

extension Bytes {
    /// The bytes without the spaces and tabs at both ends.
    var trimmed: Bytes {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        var rest = drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }

    /// Whether the bytes are this text, ignoring the case of ASCII letters.
    func equals(ignoringCase text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: count)
        return zip(self, wanted).allSatisfy { lowercased($0) == lowercased($1) }
    }
}
