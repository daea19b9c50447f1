/// What answers requests.
///
/// Each event loop or worker has one of its own, which no other thread touches.
public protocol Application: AnyObject {
    /// Answers the requests that came together.
    ///
    /// - Parameter requests: at least one.
    /// - Returns: one answer for each request, in their order.
    func respond(to requests: [Request]) -> [Response]
}
