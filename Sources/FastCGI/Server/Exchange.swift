/// A request that was taken from a connection, as far as sending its answer needs it.
struct Exchange {
    /// The number that the web server gave the request.
    let identifier: UInt16
    /// Whether the web server wants to send further requests.
    let keepsConnection: Bool
    /// How much of the body had arrived.
    let body: RecordScan.Body
    /// Skips the rest of the body.
    let drain: BodyDrain
    /// Whether the web server sends nothing more.
    let isLast: Bool
}
