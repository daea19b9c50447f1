/// One of the 16,384 parts that a Redis Cluster's keys fall into.
///
/// A key's slot is the CRC16 (XMODEM: polynomial 0x1021, from 0) of its hash tag. Source: Redis Cluster Specification.
package enum ClusterSlot {
    /// The number of slots.
    package static let count = 16_384

    /// The slot of a key: of the text between its first `{` and the next `}`, or of the whole key if that text is empty.
    package static func of(_ key: [UInt8]) -> Int {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")),
            let close = key[(open + 1)...].firstIndex(of: UInt8(ascii: "}")), close > open + 1
        else { return Int(crc16(key[...])) % count }
        return Int(crc16(key[(open + 1)..<close])) % count
    }

    private static func crc16(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        bytes.reduce(0) { crc, byte in (crc << 8) ^ table[Int((crc >> 8) ^ UInt16(byte))] }
    }

    private static let table: [UInt16] = (0..<256 as Range<UInt16>).map { byte in
        (0..<8).reduce(byte << 8) { crc, _ in crc & 0x8000 == 0 ? crc << 1 : (crc << 1) ^ 0x1021 }
    }
}
