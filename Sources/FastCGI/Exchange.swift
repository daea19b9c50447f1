/// What a request has left behind that its answer needs: where it goes, and what is to become of the connection then.
struct Exchange {
    let connection: Int32
    /// The number that the peer gave the request.
    let identifier: UInt16
    /// Whether the peer wants to send further requests.
    let keepsConnection: Bool
    /// How far the body was there.
    let body: RecordScan.Body
    /// Whether the peer sends no more.
    let isLast: Bool
}
