import Analytics
import FastCGI
import Limiters
import Platform
import Rules
import Stores

/// The application of one event loop: from the requests of a tick to one call of the store, and back to responses.
final class Gateway: Application {
    /// What to do with a request.
    private enum Step {
        /// Answer it: a status page, or an error.
        case respond(Response)
        /// Let it pass: nothing counts it.
        case pass(Front, Endpoint?)
        /// Refuse it: its client is banned.
        case refuse(Identity, Sender, Front, Endpoint?)
        /// Charge it: the charge with this index decides.
        case charge(index: Int, Sender, Front, Endpoint?)
        /// Ask again when this round of the settler is over.
        case wait(round: Int)
    }

    /// What the rules found out about a request that is counted.
    private typealias Sender = (address: IPAddress?, path: ArraySlice<UInt8>)

    /// The most requests that wait for the settler at a time.
    private static let mostWaiting = 1_000

    private let rules: ActiveRules
    private var rulebook = Rulebook.samples
    private var seenRules: Int?
    private let overrides: OverrideWatch
    private var seenOverrides = 0
    private var overrideList: [Override] = []
    /// The overrides as the rules apply them; `nil` if there are none.
    private var overrideTable: OverrideTable?
    private let store: StoreSession
    private let storeHeader: StoreHeader?
    private let settler: Settler
    private let issuer: ReceiptIssuer
    private let fallbackIssuer: ReceiptIssuer
    private let tally: Tally
    private let pages: StatusPages

    init(
        rules: ActiveRules, overrides: OverrideWatch, store: StoreSession, storeHeader: StoreHeader?, settler: Settler,
        tally: Tally, pages: StatusPages
    ) {
        self.rules = rules
        self.overrides = overrides
        self.store = store
        self.storeHeader = storeHeader
        self.settler = settler
        issuer = settler.makeIssuer(for: .store)
        fallbackIssuer = settler.makeIssuer(for: .fallback)
        self.tally = tally
        self.pages = pages
    }

    /// Whether no request is refused, only counted.
    private var isTrial: Bool { rulebook.mode == .shadow }

    func respond(to requests: [Request]) -> [Response] {
        readChanges()
        var charges: [Charge] = []
        charges.reserveCapacity(requests.count)
        let now = overrideTable == nil ? 0 : overrides.now
        var steps = requests.map { step(for: $0, &charges, now: now) }
        let asked = steadyMicroseconds()
        let seenRefunds = settler.refundCount
        var outcomes = store.charge(charges)
        if !rulebook.countConditions.isEmpty {
            waitForRefunds(requests, &steps, charges, &outcomes, since: seenRefunds)
        }
        let latency = steadyMicroseconds() - asked
        if let error = store.error {
            tally.noteFailure(error.kind.rawValue, error.description)
        } else if store.wasAsked {
            tally.noteSuccess()
        }
        count(requests, steps, charges, outcomes, latency: latency)
        let header = storeHeader?.ofTick()
        return zip(requests, steps).map { request, step in
            var response = response(to: request, step, outcomes, header)
            response.sendsBody = request.bytes(of: "REQUEST_METHOD")?.elementsEqual("HEAD".utf8) != true
            return response
        }
    }

    /// Has refused requests wait for the refunds of earlier ones that are on their way, so that no client is refused because
    /// of a request that it has seen end.
    ///
    /// The loop goes on meanwhile, so nobody waits who is not refused, and each request waits once.
    private func waitForRefunds(
        _ requests: [Request], _ steps: inout [Step], _ charges: [Charge], _ outcomes: inout [RequestOutcome],
        since seenRefunds: Int
    ) {
        lazy var round = settler.pendingRound
        var room = Self.mostWaiting - steps.count { if case .wait = $0 { true } else { false } }
        var again: [Int] = []
        for (position, step) in steps.enumerated() {
            guard case .charge(let index, _, _, _) = step,
                case .decided(let verdict, let decider) = outcomes[index], verdict.mayEndEarly,
                decider == .store || decider == .fallback
            else { continue }
            if requests[position].ticket == nil, room > 0, let round {
                steps[position] = .wait(round: round)
                room -= 1
            } else if settler.refundCount != seenRefunds {
                again.append(index)
            }
        }
        guard !again.isEmpty else { return }
        for (index, outcome) in zip(again, store.charge(again.map { charges[$0] })) { outcomes[index] = outcome }
    }

    /// Takes over the rules and the overrides, if they have changed since the last tick.
    private func readChanges() {
        let changedRules = rules.changed(since: &seenRules)
        if let changedRules {
            rulebook = changedRules
            tally.use(changedRules.series)
            // A CGI program is about to end, and would take reports from limiters that settle them.
            if !changedRules.countConditions.isEmpty, !CGI.isRequested { settler.start() }
        }
        let changedOverrides = overrides.changed(since: &seenOverrides)
        if let changedOverrides { overrideList = changedOverrides }
        if changedRules != nil || changedOverrides != nil { overrideTable = rulebook.overrideTable(overrideList) }
    }

    private func step(for request: Request, _ charges: inout [Charge], now: Microseconds) -> Step {
        if let round = request.ticket, !settler.isOver(round) { return .wait(round: round) }
        let front = Front(of: request)
        var endpoint: Endpoint?
        switch front {
        case .responder:
            let target = request.bytes(of: "REQUEST_URI") ?? request.bytes(of: "SCRIPT_NAME") ?? []
            let path = target.prefix { $0 != UInt8(ascii: "?") }
            let method = request.bytes(of: "REQUEST_METHOD") ?? []
            if let page = pages.answer(path, method, request) { return .respond(page) }
            endpoint = Endpoint.samples.first { path.elementsEqual($0.path.bytes) }
            guard let endpoint else { return .respond(Response(.notFound)) }
            guard endpoint.allows(method) else { return .respond(.methodNotAllowed(endpoint.allowed)) }
        case .accessChecker, .accelRedirect, .authRequest, .authorizer:
            break
        }
        let (match, _, address, path) = rulebook.resolve(request, overrides: overrideTable, now: now)
        switch match {
        case .unlimited: return .pass(front, endpoint)
        case .banned(let client): return .refuse(client, (address, path), front, endpoint)
        case .limited(let charge, _):
            charges.append(charge)
            return .charge(index: charges.count - 1, (address, path), front, endpoint)
        }
    }

    private func response(
        to request: Request, _ step: Step, _ outcomes: [RequestOutcome], _ header: StoreHeader.OfTick?
    ) -> Response {
        switch step {
        case .respond(let response):
            return response
        case .wait(let round):
            return .postponed(round)
        case .pass(let front, let endpoint):
            return front.response(problem: nil, verdict: nil) { page(request, endpoint) }
        case .refuse(_, _, let front, let endpoint):
            return front.response(problem: isTrial ? nil : .banned, verdict: nil) { page(request, endpoint) }
        case .charge(let index, _, let front, let endpoint):
            let outcome = outcomes[index]
            var response = front.response(problem: outcome.problem, verdict: outcome.verdict) {
                page(request, endpoint)
            }
            header?.add(to: &response, of: outcome)
            // Rules without a condition, the usual ones, cost nothing here.
            guard !rulebook.countConditions.isEmpty, let header = front.receiptHeader else { return response }
            let issuer = if case .decided(_, by: .fallback) = outcome { fallbackIssuer } else { issuer }
            if let receipt = issuer.receipt(for: outcome, rulebook, settler.hmac(of: issuer.chargedStore)) {
                response.addHeader(header) { $0.append(contentsOf: receipt) }
            }
            return response
        }
    }

    /// Counts the requests of a tick, each once.
    ///
    /// All of them share the time that the store took.
    private func count(
        _ requests: [Request], _ steps: [Step], _ charges: [Charge], _ outcomes: [RequestOutcome],
        latency: Microseconds
    ) {
        tally.count { counts in
            for (request, step) in zip(requests, steps) {
                switch step {
                case .respond, .pass, .wait: break
                case .refuse(let client, let sender, _, _):
                    let series = rulebook.bannedSeries
                    let outcome: Outcome = isTrial ? .shadowBlocked : .blocked
                    counts.count(
                        client, series: series, outcome, passed: isTrial, nil, latency: nil,
                        dimensions: RequestDimensions(request, sender))
                    counts.keep(series) { BlockedRequest(request, client, sender, isTrial ? nil : .banned) }
                case .charge(let index, let sender, _, _):
                    let counted = Attribution(outcomes[index], of: charges[index])
                    let series = Int(counted.entry.tag)
                    counts.count(
                        counted.entry.identity, series: series, counted.outcome, passed: counted.passes,
                        counted.decision, latency: latency, dimensions: RequestDimensions(request, sender))
                    if !rulebook.countConditions.isEmpty { countUnits(of: outcomes[index], in: &counts) }
                    guard !counted.passes || (isTrial && counted.outcome == .shadowBlocked) else { break }
                    counts.keep(series) {
                        BlockedRequest(
                            request, counted.entry.identity, sender, outcomes[index].problem,
                            countedStatus: settler.countedStatuses[counted.entry.key])
                    }
                }
            }
        }
    }

    /// Counts the units that a request took and that may be corrected when it has ended.
    private func countUnits(of outcome: RequestOutcome, in counts: inout LoopCounts) {
        guard let verdict = outcome.verdict, verdict.isAllowed else { return }
        for (entry, decision) in zip(verdict.charge.entries, verdict.decisions)
        where rulebook.countConditions[Int(entry.tag)] != nil && decision.admission == .allowed && entry.cost > 0 {
            counts.charge(series: Int(entry.tag), entry.cost)
        }
    }

    private func page(_ request: Request, _ endpoint: Endpoint?) -> Response {
        guard let endpoint else { return Response(.notFound) }
        var response = Response(status: 200, reason: "OK", body: endpoint.answer(request))
        response.addHeader("Content-Type", "application/json")
        return response
    }
}

extension RequestDimensions {
    /// The values of a request.
    fileprivate init(_ request: Request, _ sender: (address: IPAddress?, path: ArraySlice<UInt8>)) {
        self.init(
            address: sender.address, path: sender.path, userAgent: request.bytes(of: "HTTP_USER_AGENT") ?? [])
    }
}

extension BlockedRequest {
    /// A request that was refused, with what the web server says about it.
    fileprivate init(
        _ request: Request, _ client: Identity, _ sender: (address: IPAddress?, path: ArraySlice<UInt8>),
        _ problem: ProblemDetails?, countedStatus: Int? = nil
    ) {
        self.init(
            client: client, address: request.bytes(of: "REMOTE_ADDR"), retryAfter: problem?.retryAfter,
            userAgent: request.bytes(of: "HTTP_USER_AGENT"), method: request.bytes(of: "REQUEST_METHOD"),
            host: request.bytes(of: "HTTP_HOST"), path: sender.path, status: problem?.status,
            countedStatus: countedStatus)
    }
}
