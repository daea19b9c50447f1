import FastCGI
import Limiters

/// Who asks, and so the form in which a finding is put.
enum Front {
    /// A client of one of the limiter's own endpoints, through nginx's `fastcgi_pass` or Apache's mod_proxy_fcgi.
    case responder
    /// nginx's `auth_request`: 2xx lets the request go on.
    ///
    /// It knows no 429, so a refusal is a 403 that carries the status and the body for the snippet to answer with.
    case authRequest
    /// nginx's `X-Accel-Redirect`: an admitted request goes on to the named location, a refusal is answered as it is.
    case accelRedirect(location: ArraySlice<UInt8>)
    /// Apache's `FcgidAccessChecker`.
    ///
    /// It turns every status but 200 into 401, so the verdict goes into variables, of which the snippet makes the answer.
    /// The other headers it hands on to the client, with whatever answer the site gives.
    case accessChecker
    /// A FastCGI authorizer, as the specification has it and Apache's mod_authnz_fcgi asks: 200 or the refusal itself.
    case authorizer

    /// The front that sent this request; the nginx snippets name themselves.
    init(of request: Request) {
        if request.role == .authorizer {
            let isChecker = request.bytes(of: "FCGI_APACHE_ROLE")?.elementsEqual("ACCESS_CHECKER".utf8) == true
            self = isChecker ? .accessChecker : .authorizer
        } else if let name = request.bytes(of: "FCGI_LIMITER_FRONT") {
            self = name.first == UInt8(ascii: "@") ? .accelRedirect(location: name) : .authRequest
        } else {
            self = .responder
        }
    }

    /// Whether the request is for the limiter itself: its endpoints and pages answer.
    var isResponder: Bool {
        if case .responder = self { true } else { false }
    }

    /// The finding in this front's form.
    ///
    /// - Parameters:
    ///   - finding: what was found.
    ///   - page: what the limiter itself answers an admitted request.
    /// - Returns: the answer to the web server.
    func response(to finding: Finding, page: () -> Response) -> Response {
        let problem = finding.problem
        var response: Response
        switch self {
        case .responder:
            response = problem.map { Response($0) } ?? page()
        case .authorizer:
            response = problem.map { Response($0) } ?? Response(status: 200, reason: "OK")
        case .accelRedirect(let location):
            if let problem {
                response = Response(problem)
            } else {
                // No Content-Type: it would replace the backend's.
                response = Response(status: 200, reason: "OK")
                response.addHeader("X-Accel-Redirect") { $0.append(contentsOf: location) }
            }
        case .authRequest:
            if let problem {
                response = Response(status: 403, reason: "Forbidden")
                response.addRefusal(problem, status: "X-Limiter-Status", body: "X-Limiter-Body")
            } else {
                response = Response(status: 204, reason: "No Content")
            }
        case .accessChecker:
            response = Response(status: 200, reason: "OK")
            if let problem {
                response.addRefusal(problem, status: "Variable-FCGILIMITER_STATUS", body: "Variable-FCGILIMITER_BODY")
                response.addHeader("Cache-Control", "no-store")
            } else {
                response.addHeader("Variable-FCGILIMITER_STATUS", "200")
            }
        }
        if let (verdict, charge) = finding.decided { response.addRateLimit(verdict, on: charge) }
        return response
    }
}

extension Response {
    /// Adds what the snippets make the answer of.
    fileprivate mutating func addRefusal(_ problem: Problem, status: StaticString, body: StaticString) {
        addHeader(status, decimal: Int64(problem.status))
        addHeader(body) { $0.append(contentsOf: problem.body.dropLast()) }
        if let wait = problem.retryAfter { addRetryAfter(wait) }
    }
}
