/// Whether a request is admitted, by one policy or by all its policies together.
public enum Admission: Sendable, Hashable {
    /// The cost fits. A peek, whose cost is 0, always fits.
    case allowed
    /// The cost does not fit now. It fits after `retryAfter`, and not a microsecond earlier.
    case refused(retryAfter: Microseconds)
    /// The cost exceeds the limit, so it never fits.
    case impossible
}
