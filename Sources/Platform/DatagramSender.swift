import Glibc

/// A UDP socket that sends messages: the owner of a descriptor.
public final class DatagramSender: Sendable {
    private let descriptor: Int32
    private let address: DatagramAddress

    /// A socket that sends to an address.
    public init(_ address: DatagramAddress) {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.address = address
    }

    deinit {
        close(descriptor)
    }

    /// Sends a message, which may be lost (`sendto`).
    public func send(_ message: String) {
        var message = message
        message.withUTF8 { bytes in
            _ = address.withSocketAddress { sendto(descriptor, bytes.baseAddress, bytes.count, 0, $0, $1) }
        }
    }
}
