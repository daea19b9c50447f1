import Analytics
import Limiters
import Logging
import Platform
import Stores

/// Watches a limiter in threads of its own, and tells a webhook once when an incident begins and once when it ends.
///
/// No request waits for a message. One that is not accepted is sent again, in order, until it is.
final class AlertWatch: Sendable {
    private static let interval: Microseconds = 1_000_000
    private static let pauses: (first: Microseconds, longest: Microseconds) = (1_000_000, 60_000_000)
    /// The most messages that wait; later ones are dropped, because the receiver has been unavailable for long.
    private static let mostMessages = 64

    /// The values from which there is an incident.
    struct Thresholds: Sendable {
        /// Percent of the requests of a minute that are blocked.
        let blockRate: Int64
        /// Percent of an embedded store's room that is used.
        let storeUse: Int64
    }

    private let webhook: Webhook
    private let thresholds: Thresholds
    private let store: ResilientStore
    private let ledger: Ledger
    private let recorder: Recorder?
    private let logger: Logger
    private let queue = AlertQueue(limit: mostMessages)

    init(
        _ webhook: Webhook, _ thresholds: Thresholds, _ store: ResilientStore, _ ledger: Ledger, _ recorder: Recorder?,
        _ logger: Logger
    ) {
        self.webhook = webhook
        self.thresholds = thresholds
        self.store = store
        self.ledger = ledger
        self.recorder = recorder
        self.logger = logger
    }

    /// Starts the thread that watches and the thread that sends.
    func start() {
        startThread { [self] in watch() }
        startThread { [self] in send() }
    }

    private func watch() {
        let pause = WakeUp()
        // Opens an embedded store in this thread; a remote one is not asked.
        let session = store.location.isRemote ? nil : store.makeSession()
        var incidents: [AlertKind: Incident] = [:]
        var open: [AlertKind: Alert] = [:]
        var rate = BlockRate()
        var lostBatches = 0
        while true {
            let (now, time) = (steadyMicroseconds(), wallMicroseconds())
            let lost = recorder?.lostBatches ?? 0
            let texts =
                [
                    .blockRate: blockRateText(&rate, now),
                    .storeUnavailable: store.breaker?.trouble ?? ledger.storeError,
                    .storeNearlyFull: session?.usedShare.flatMap(storeUseText),
                    .countsLost: lost > lostBatches ? "\(lost) batches of counts were rejected by PostgreSQL" : nil,
                ] as [AlertKind: String?]
            for kind in AlertKind.allCases {
                let text = texts[kind] ?? nil
                switch incidents[kind, default: Incident()].update(text != nil, now: now) {
                case .begin:
                    let alert = Alert(
                        kind: kind, state: .firing, incident: Self.newName(), since: time, time: time, text: text ?? "")
                    open[kind] = alert
                    tell(alert)
                case .end:
                    guard let alert = open.removeValue(forKey: kind) else { break }
                    if kind == .countsLost { lostBatches = lost }
                    tell(
                        Alert(
                            kind: kind, state: .resolved, incident: alert.incident, since: alert.since, time: time,
                            text: "over: \(alert.text)"))
                case nil: break
                }
            }
            pause.wait(Self.interval)
        }
    }

    private func blockRateText(_ rate: inout BlockRate, _ now: Microseconds) -> String? {
        var (total, blocked): (Int64, Int64) = (0, 0)
        for (owner, count) in ledger.sinceStart {
            total.saturatingAdd(count.requests)
            if owner.outcome == .blocked { blocked.saturatingAdd(count.requests) }
        }
        guard let share = rate.update(total: total, blocked: blocked, now: now), share >= thresholds.blockRate else {
            return nil
        }
        return "\(share) % of the requests of the last minute were blocked"
    }

    private func storeUseText(_ share: Double) -> String? {
        let percent = Int64(share * 100)
        guard percent >= thresholds.storeUse else { return nil }
        return "\(percent) % of the room of \(store.location) is used: give it more, as in ?size=4G"
    }

    private static func newName() -> String { String(UInt64.random(in: 0 ... .max), radix: 16) }

    private func tell(_ alert: Alert) {
        logger.notice("alert \(alert.kind.rawValue) \(alert.state.rawValue): \(alert.text)")
        if !queue.append(alert) { logger.error("the webhook accepts nothing, so an alert is dropped") }
    }

    /// Sends what waits, in order.
    private func send() {
        let host = machineName()
        var pause = Self.pauses.first
        var throttle = LogThrottle(interval: 60_000_000)
        while true {
            guard let alert = queue.first else {
                queue.wait(nil)
                continue
            }
            let problem = webhook.send(alert.json(host: host), time: wallMicroseconds() / 1_000_000)
            if let problem {
                let line = "the webhook did not accept an alert, which is sent again: \(problem)"
                if let due = throttle.due(line, now: steadyMicroseconds()) { logger.warning("\(due)") }
                let end = steadyMicroseconds() + pause
                while steadyMicroseconds() < end { queue.wait(end - steadyMicroseconds()) }
                pause = min(pause * 2, Self.pauses.longest)
            } else {
                queue.removeFirst()
                pause = Self.pauses.first
            }
        }
    }
}
