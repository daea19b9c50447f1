/// A line about the recorder for the operator.
public enum RecorderNotice: Sendable {
    /// What is wrong, and what happens to the counts meanwhile.
    case problem(String)
    /// What works again.
    case recovery(String)
}
