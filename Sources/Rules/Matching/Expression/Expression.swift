/// A regular expression, taken apart.
///
/// The language is the one that can be matched in one pass: bytes, `.` (any byte), `[…]`, `\d \w \s` and their
/// opposites, `( )`, `(?: )`, `|`, `* + ? {n} {n,} {n,m}`, `^` and `$`, and `(?i)` at the front. What cannot be matched
/// in one pass, references and lookaround, it does not have.
indirect enum Expression {
    case empty
    case byte(ByteSet)
    /// `^`.
    case start
    /// `$`.
    case end
    case sequence([Expression])
    case either([Expression])
    /// At least `least` times, and at most `most` where that is given.
    case repeated(Expression, least: Int, most: Int?)

    /// Why a text is no expression.
    struct Mistake: Error {
        let text: String
    }
}
