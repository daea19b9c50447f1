import Analytics
public import FastCGI
import Limiters
import Platform
public import Rules
import Stores

/// The application of one event loop: from the requests of a tick to one charge call and back to answers.
final class Gateway: Application {
    /// What a request turns out to be.
    private enum Step {
        /// It has its answer already: a page of the limiter's own, or an error.
        case answered(Response)
        /// Nothing counts it.
        case unlimited(Front, Endpoint?)
        /// Its client is banned.
        case banned(Identity, Front, Endpoint?)
        /// The charge with this index decides it, which comes from these rules.
        case charged(index: Int, [MatchedRule], Front, Endpoint?)
    }

    private let rules: ActiveRules
    private var rulebook = Rulebook.samples
    private var series = RuleSeries(.samples)
    private var seenRules: Int?
    private let store: ResilientStore
    private let tally: Tally
    private let pages: StatusPages

    init(rules: ActiveRules, store: ResilientStore, tally: Tally, pages: StatusPages) {
        self.rules = rules
        self.store = store
        self.tally = tally
        self.pages = pages
    }

    func respond(to requests: [Request]) -> [Response] {
        if let changed = rules.changed(since: &seenRules) {
            rulebook = changed
            series = RuleSeries(changed)
            tally.use(series.table)
        }
        var charges: [Charge] = []
        charges.reserveCapacity(requests.count)
        let steps = requests.map { step(for: $0, &charges) }
        let asked = steadyMicroseconds()
        let (rulings, error) = store.charge(charges)
        let latency = steadyMicroseconds() - asked
        if let error {
            tally.noteFailure(error.kind.rawValue, error.description)
        } else if !charges.isEmpty, !store.isUnavailable {
            tally.noteSuccess()
        }
        let header = store.header
        var findings: [Finding] = []
        findings.reserveCapacity(requests.count)
        var responses: [Response] = []
        responses.reserveCapacity(requests.count)
        for index in requests.indices {
            let finding: Finding
            var response: Response
            switch steps[index] {
            case .answered(let answer):
                finding = .unlimited
                response = answer
            case .unlimited(let front, let endpoint):
                finding = .unlimited
                response = front.response(to: finding) { page(requests[index], endpoint) }
            case .banned(_, let front, let endpoint):
                finding = .banned
                response = front.response(to: finding) { page(requests[index], endpoint) }
            case .charged(let place, _, let front, let endpoint):
                finding = rulings[place].finding(charges[place])
                response = front.response(to: finding) { page(requests[index], endpoint) }
                header?.add(to: &response, of: rulings[place])
            }
            response.sendsBody = requests[index].bytes(of: "REQUEST_METHOD")?.elementsEqual("HEAD".utf8) != true
            findings.append(finding)
            responses.append(response)
        }
        count(requests, steps, findings, charges, latency: latency)
        return responses
    }

    /// Counts the requests of a tick, each once; all share the time that the store took.
    private func count(
        _ requests: [Request], _ steps: [Step], _ findings: [Finding], _ charges: [Charge], latency: Microseconds
    ) {
        tally.count { page in
            for index in requests.indices {
                switch steps[index] {
                case .answered, .unlimited: break
                case .banned(let client, _, _):
                    page.count(client, series: series.banned, .blocked, passed: false, nil, latency: nil)
                    page.keep(series.banned) { BlockedRequest(requests[index], client, retryAfter: nil) }
                case .charged(let place, let matches, _, _):
                    let (finding, whole) = (findings[index], charges[place])
                    let counted = Attribution(finding, whole)
                    let (series, match) = series.place(of: counted.entry, in: finding.decided?.1 ?? whole, matches)
                    let client = matches[match].identity
                    page.count(
                        client, series: series, counted.outcome, passed: counted.passed, counted.decision,
                        latency: latency)
                    guard counted.outcome == .blocked else { break }
                    page.keep(series) {
                        BlockedRequest(requests[index], client, retryAfter: finding.problem?.retryAfter)
                    }
                }
            }
        }
    }

    private func step(for request: Request, _ charges: inout [Charge]) -> Step {
        let front = Front(of: request)
        var endpoint: Endpoint?
        switch front {
        case .responder:
            let target = request.bytes(of: "REQUEST_URI") ?? request.bytes(of: "SCRIPT_NAME") ?? []
            let path = target.prefix { $0 != UInt8(ascii: "?") }
            let method = request.bytes(of: "REQUEST_METHOD") ?? []
            if let page = pages.answer(path, method, request) { return .answered(page) }
            endpoint = Endpoint.samples.first { path.elementsEqual($0.path.bytes) }
            guard let endpoint else { return .answered(Response(.notFound)) }
            guard endpoint.allows(method) else { return .answered(.methodNotAllowed(endpoint.allowed)) }
        case .accessChecker, .accelRedirect, .authRequest, .authorizer:
            break
        }
        switch rulebook.match(for: request) {
        case .unlimited: return .unlimited(front, endpoint)
        case .banned(let client): return .banned(client, front, endpoint)
        case .limited(let charge, let matches):
            charges.append(charge)
            return .charged(index: charges.count - 1, matches, front, endpoint)
        }
    }

    private func page(_ request: Request, _ endpoint: Endpoint?) -> Response {
        guard let endpoint else { return Response(.notFound) }
        var response = Response(status: 200, reason: "OK", body: endpoint.answer(request))
        response.addHeader("Content-Type", "application/json")
        return response
    }
}

extension Request: CGIVariables {}

extension BlockedRequest {
    /// A request that was blocked, with what the web server says of its client.
    fileprivate init(_ request: Request, _ client: Identity, retryAfter: Microseconds?) {
        self.init(
            client: client, address: request.bytes(of: "REMOTE_ADDR"), retryAfter: retryAfter,
            userAgent: request.bytes(of: "HTTP_USER_AGENT"))
    }
}
