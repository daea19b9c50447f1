import FastCGI
import Limiters

/// The application of one event loop: from the requests of a tick to one charge call and back to answers.
final class Gateway: Application {
    /// What a request turns out to be.
    private enum Plan {
        /// It has its answer already: a page of the limiter's own, or an error.
        case answered(Response)
        /// Its answer depends on the charge with this index; an admitted one is served by the endpoint with that one.
        case charged(Front, charge: Int, endpoint: Int)
    }

    private let endpoints = Endpoint.samples
    private let store: GuardedStore
    private let tally: Tally
    private let pages: Pages

    init(store: GuardedStore, tally: Tally, pages: Pages) {
        self.store = store
        self.tally = tally
        self.pages = pages
    }

    func respond(to requests: [Request]) -> [Response] {
        var charges: [Charge] = []
        charges.reserveCapacity(requests.count)
        let plans = requests.map { plan(for: $0, &charges) }
        let (rulings, error) = store.charge(charges)
        if let error { tally.count(error) }
        var outcomes: [Tally.Outcome] = []
        outcomes.reserveCapacity(charges.count)
        let responses = zip(requests, plans).map { request, plan in
            var response: Response
            switch plan {
            case .answered(let answer):
                response = answer
            case .charged(let front, let charge, let endpoint):
                let finding = rulings[charge].finding(charges[charge])
                outcomes.append(.init(endpoint: endpoint, result: .init(finding)))
                response = front.response(to: finding) { page(request, endpoints[endpoint]) }
            }
            response.sendsBody = request.bytes(of: "REQUEST_METHOD")?.elementsEqual("HEAD".utf8) != true
            return response
        }
        tally.count(outcomes)
        return responses
    }

    private func plan(for request: Request, _ charges: inout [Charge]) -> Plan {
        let front = Front(of: request)
        let target = request.bytes(of: "REQUEST_URI") ?? request.bytes(of: "SCRIPT_NAME") ?? []
        let path = target.prefix { $0 != UInt8(ascii: "?") }
        let method = request.bytes(of: "REQUEST_METHOD") ?? []
        guard let index = endpoints.firstIndex(where: { path.elementsEqual($0.path.bytes) }) else {
            guard front.isResponder else { return .answered(front.response(to: .unlimited) { Response(.notFound) }) }
            return .answered(pages.answer(path, method, request) ?? Response(.notFound))
        }
        let endpoint = endpoints[index]
        guard !front.isResponder || endpoint.allows(method) else {
            return .answered(.methodNotAllowed(endpoint.method.bytes.elementsEqual("GET".utf8) ? "GET, HEAD" : "POST"))
        }
        charges.append(Charge([.init(endpoint.policy, for: client(of: request))]))
        return .charged(front, charge: charges.count - 1, endpoint: index)
    }

    /// Who is counted: the API key if one was sent, else the address.
    private func client(of request: Request) -> Identity {
        if let key = request.bytes(of: "HTTP_X_API_KEY"), !key.isEmpty { return Identity("api_key", key) }
        return Identity("address", request.bytes(of: "REMOTE_ADDR") ?? [])
    }

    private func page(_ request: Request, _ endpoint: Endpoint) -> Response {
        var response = Response(status: 200, reason: "OK", body: endpoint.answer(request))
        response.addHeader("Content-Type", "application/json")
        return response
    }
}
