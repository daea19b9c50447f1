import Servers

/// A fault under load and its repair.
public struct Scenario: Sendable, CustomStringConvertible {
    /// The kind of fault.
    public let description: String
    /// The values of `--on-store-failure` to run it with: only one if the store stays available.
    public let answers: [String]
    private let makeFault: @Sendable (Course) throws -> any Fault

    private init(
        _ description: String, _ answers: String..., makeFault: @escaping @Sendable (Course) throws -> any Fault
    ) {
        self.description = description
        self.answers = answers
        self.makeFault = makeFault
    }

    /// All scenarios.
    public static let all = [
        Scenario("Redis killed, restarted empty", "allow", "local") { try RedisFault(.killed, $0) },
        Scenario("Redis stopped, continued", "allow", "local") { try RedisFault(.stopped, $0) },
        Scenario("Redis restarted empty", "allow", "local") { try RedisFault(.restarted, $0) },
        Scenario("Redis paused by CLIENT PAUSE", "allow", "local") { try RedisFault(.paused, $0) },
        Scenario("Redis full: maxmemory", "allow", "local") { try RedisFault(.full, $0) },
        Scenario("Redis made read-only", "allow", "local") { try RedisFault(.readOnly, $0) },
        Scenario("Redis failed over by Sentinel", "allow", "local") { try SentinelFault($0) },
        Scenario("cluster master killed", "allow", "local") { try ClusterFault(.masterKilled, $0) },
        Scenario("cluster slots moved", "allow") { try ClusterFault(.slotsMoved, $0) },
        Scenario("network cut", "allow", "local") { _ in try NetworkFault() },
        Scenario("limiter killed, restarted", "allow") { _ in try FrontFault(.limiterKilled) },
        Scenario("nginx reloaded", "allow") { _ in try FrontFault(.nginxReloaded) },
        Scenario("machine overloaded", "allow", "local") { _ in try FrontFault(.overloaded) },
    ]

    /// Runs the scenario once.
    ///
    /// - Parameters:
    ///   - answer: the value of `--on-store-failure`.
    ///   - course: durations and load.
    /// - Returns: what the clients saw.
    /// - Throws: ``ScenarioError``, or ``ServerError`` when a server does not start or this machine cannot run it.
    public func play(_ answer: String, _ course: Course) throws -> PlayedScenario {
        let fault = try makeFault(course)
        let site = try Site(course, store: fault.store, answer: answer, at: fault.end)
        let load = site.load
        defer { _ = load.stop() }

        let start = Sample.now()
        guard waitUntil({ load.isDecidedByStore(since: start) }) else {
            throw ScenarioError("\(self): the store decides nothing before the fault")
        }
        let begin = Sample.now()
        try course.before.wait(on: load)
        let strike = Sample.now()
        try fault.strike(site)
        let struck = Sample.now()
        try course.during.wait(on: load)
        try fault.mend(site)
        let mended = Sample.now()
        let recovers = waitUntil(every: 20) { load.isDecidedByStore(since: mended) }
        try course.after.wait(on: load)
        let marks = PlayedScenario.Marks(
            begin: begin, strike: strike, mended: mended, over: fault.isMomentary ? struck : mended,
            loss: fault.lossMoment)
        return PlayedScenario(load.stop(), marks, recovers: recovers)
    }
}
