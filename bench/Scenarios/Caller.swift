/// The client that a request of the load counts for.
struct Caller: Hashable {
    /// Whether the caller sends more requests than its limit.
    let isHot: Bool
    let number: Int

    /// The limit of every caller.
    ///
    /// The load is much shorter than the window, so no unit comes back.
    static let limit = 20

    /// Rules with this limit, half of it for each algorithm.
    static let rules = """
        # The scenarios compute the slots of keys.
        fingerprints: { except: [api_key] }
        policies:
          window: { limit: \(limit) per day, algorithm: sliding_window }
          bucket: { limit: \(limit) per day, algorithm: token_bucket }
        rules:
          - { match: { path: /api/data }, count: api_key, policies: [window] }
          - { match: { path: /api/search }, count: api_key, policies: [bucket] }

        """

    /// Requests until the next caller becomes the hot one.
    private static let turn = 400
    private static let ordinary = 4_999

    /// The caller of the request with this number.
    ///
    /// At any time one hot caller sends five times its limit over all connections, so that every fault happens while some
    /// caller's last units are granted. Earlier hot callers return occasionally. The other callers are many and send few
    /// requests.
    init(request: Int) {
        let hottest = Self.hottest(request: request)
        // A regular pattern would always use the same connections.
        let chance = Self.mixed(request)
        switch chance & 7 {
        case 0, 1: (isHot, number) = (true, hottest)
        case 2: (isHot, number) = (true, (chance >> 3) % (hottest + 1))
        default: (isHot, number) = (false, request % Self.ordinary)
        }
    }

    /// A pseudo-random number, the same in every run.
    private static func mixed(_ number: Int) -> Int {
        var bits = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ bits >> 32) &* 0xD6E8_FEB8_6659_FD93
        return Int(bits >> 33)
    }

    /// The number of the hot caller when this request is sent.
    static func hottest(request: Int) -> Int { request / turn }

    /// The `X-API-Key` of a hot caller.
    static func hotKey(_ number: Int) -> String { "hot-\(number)" }

    /// The request target.
    var target: String { number.isMultiple(of: 2) ? "/api/data" : "/api/search?q=x" }

    /// The `X-API-Key`.
    var key: String { isHot ? Self.hotKey(number) : "caller-\(number)" }
}
