/// Whom a request of the load counts for.
struct Caller: Hashable {
    /// Whether it is one of those that ask more often than they may.
    let isHot: Bool
    let number: Int

    /// How many requests any caller is allowed; the load is much shorter than the window, so no unit comes back.
    static let limit = 20

    /// The rules that give each caller so much, half of them by either algorithm.
    static let rules = """
        policies:
          window: { limit: \(limit) per day, algorithm: sliding_window }
          bucket: { limit: \(limit) per day, algorithm: token_bucket }
        rules:
          - { match: { path: /api/data }, count: api_key, policies: [window] }
          - { match: { path: /api/search }, count: api_key, policies: [bucket] }

        """

    /// Requests for which one caller is the hot one.
    private static let turn = 400
    private static let ordinary = 4_999

    /// The caller of the request with this number.
    ///
    /// At any moment one hot caller is asking five times as often as it may, by all connections at once, so that whatever
    /// goes wrong goes wrong while somebody's last units are given away. Those who were hot before come back from time
    /// to time. All others are many, and ask seldom.
    init(request: Int) {
        let hottest = Self.hottest(request: request)
        // Any pattern would always hit the same connections.
        let chance = Self.mixed(request)
        switch chance & 7 {
        case 0, 1: (isHot, number) = (true, hottest)
        case 2: (isHot, number) = (true, (chance >> 3) % (hottest + 1))
        default: (isHot, number) = (false, request % Self.ordinary)
        }
    }

    /// A number that looks random, the same each time.
    private static func mixed(_ number: Int) -> Int {
        var bits = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ bits >> 32) &* 0xD6E8_FEB8_6659_FD93
        return Int(bits >> 33)
    }

    /// The number of the caller that is hot when this request is sent.
    static func hottest(request: Int) -> Int { request / turn }

    /// The `X-API-Key` of a hot caller.
    static func hotKey(_ number: Int) -> String { "hot-\(number)" }

    /// What it asks for.
    var target: String { number.isMultiple(of: 2) ? "/api/data" : "/api/search?q=x" }

    /// Its `X-API-Key`.
    var key: String { isHot ? Self.hotKey(number) : "caller-\(number)" }
}
