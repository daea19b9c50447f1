import Glibc

/// What libFuzzer feeds with inputs, chosen by the environment variable `FUZZ_TARGET`.
///
/// A target throws inputs at one parser of what others send. It fails by a trap, by a finding of the Address Sanitizer, or by a
/// broken promise (`precondition`).
enum FuzzTarget: String {
    case records, rules, log, query, replies, spool

    func run(_ input: [UInt8]) {
        switch self {
        case .records: fuzzRecords(input)
        case .rules: fuzzRules(input)
        case .log: fuzzLog(input)
        case .query: fuzzQuery(input)
        case .replies: fuzzReplies(input)
        case .spool: fuzzSpool(input)
        }
    }

    static let chosen = {
        let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            print("Fuzz: FUZZ_TARGET is records, rules, log, query, replies or spool")
            exit(2)
        }
        return target
    }()
}

/// Called by libFuzzer, which has the program's `main`.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    FuzzTarget.chosen.run(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}
