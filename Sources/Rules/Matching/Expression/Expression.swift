/// The syntax tree of a regular expression.
///
/// The language is limited to what one pass can match: bytes, `.` (any byte), `[…]`, `\d \w \s` and their complements,
/// `( )`, `(?: )`, `|`, `* + ? {n} {n,} {n,m}`, `^` and `$`, and `(?i)` at the front. It lacks references and lookaround.
indirect enum Expression {
    case empty
    case byte(ByteSet)
    /// `^`.
    case start
    /// `$`.
    case end
    case sequence([Expression])
    case either([Expression])
    /// At least `least` times and at most `most` times; `nil` for no upper bound.
    case repeated(Expression, least: Int, most: Int?)
}
