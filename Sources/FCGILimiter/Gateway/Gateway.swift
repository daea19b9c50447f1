public import FastCGI
import Limiters
public import Rules

/// The application of one event loop: from the requests of a tick to one charge call and back to answers.
final class Gateway: Application {
    /// What a request turns out to be.
    private enum Step {
        /// It has its answer already: a page of the limiter's own, or an error.
        case answered(Response)
        /// The rules alone decide it.
        case found(Finding, Front, Endpoint?)
        /// The charge with this index decides it, counted for this rule.
        case charged(index: Int, Rule, Front, Endpoint?)
    }

    private let rules: RulesInForce
    private var rulebook = Rulebook.samples
    /// The labels of its rules, by their index.
    private var labels: [String] = []
    private var seenRules: Int?
    private let store: GuardedStore
    private let tally: Tally
    private let pages: Pages

    init(rules: RulesInForce, store: GuardedStore, tally: Tally, pages: Pages) {
        self.rules = rules
        self.store = store
        self.tally = tally
        self.pages = pages
    }

    func respond(to requests: [Request]) -> [Response] {
        if let changed = rules.changed(since: &seenRules) {
            rulebook = changed
            labels = changed.rules.map(\.label)
        }
        var charges: [Charge] = []
        charges.reserveCapacity(requests.count)
        let steps = requests.map { step(for: $0, &charges) }
        let (rulings, error) = store.charge(charges)
        if let error { tally.count(error) }
        var outcomes: [Tally.Outcome] = []
        outcomes.reserveCapacity(charges.count)
        let responses = zip(requests, steps).map { request, step in
            var response: Response
            switch step {
            case .answered(let answer):
                response = answer
            case .found(let finding, let front, let endpoint):
                response = front.response(to: finding) { page(request, endpoint) }
            case .charged(let index, let rule, let front, let endpoint):
                let finding = rulings[index].finding(charges[index])
                outcomes.append(.init(label: labels[rule.index], result: .init(finding)))
                response = front.response(to: finding) { page(request, endpoint) }
            }
            response.sendsBody = request.bytes(of: "REQUEST_METHOD")?.elementsEqual("HEAD".utf8) != true
            return response
        }
        tally.count(outcomes)
        return responses
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
        switch rulebook.plan(for: request) {
        case .unlimited: return .found(.unlimited, front, endpoint)
        case .banned: return .found(.banned, front, endpoint)
        case .limited(let charge, let matches):
            charges.append(charge)
            return .charged(index: charges.count - 1, matches[0].rule, front, endpoint)
        }
    }

    private func page(_ request: Request, _ endpoint: Endpoint?) -> Response {
        guard let endpoint else { return Response(.notFound) }
        var response = Response(status: 200, reason: "OK", body: endpoint.answer(request))
        response.addHeader("Content-Type", "application/json")
        return response
    }
}

extension Request: Subject {}
