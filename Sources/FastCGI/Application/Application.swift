/// Answers requests.
///
/// Each event loop or worker has an application of its own, which no other thread touches.
public protocol Application: AnyObject {
    /// Answers requests that came together.
    ///
    /// - Parameter requests: at least one.
    /// - Returns: one response for each request, in the same order; ``Response/postponed(_:)`` from an event loop's application
    ///   for those that it wants to be asked again.
    func respond(to requests: [Request]) -> [Response]
}
