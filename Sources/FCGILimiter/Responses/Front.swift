import FastCGI
import Limiters

/// Who asks, which decides the form of the response.
enum Front {
    /// A client of one of the limiter's own endpoints, through nginx's `fastcgi_pass` or Apache's mod_proxy_fcgi.
    case responder
    /// nginx's `auth_request`, for which 2xx lets the request pass.
    ///
    /// nginx does not accept 429 here, so a refusal is a 403 with the status and the body that the snippet answers with.
    case authRequest
    /// nginx's `X-Accel-Redirect`: an admitted request goes to the named location, and a refusal goes to the client.
    case accelRedirect(location: ArraySlice<UInt8>)
    /// Apache's `FcgidAccessChecker`.
    ///
    /// mod_fcgid turns every status but 200 into 401, so the verdict goes into variables from which the snippet makes the
    /// answer. Other headers reach the client with the site's answer.
    case accessChecker
    /// A FastCGI authorizer, as in the specification and in Apache's guard-daemon.conf: 200 or the refusal itself.
    case authorizer

    /// The front that sent this request.
    ///
    /// The nginx snippets name themselves.
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

    /// The header with a receipt, for a web server that can report how a request ended.
    ///
    /// The snippets of Apache, and any server that follows the specification of FastCGI, make a variable of it.
    var receiptHeader: StaticString? {
        switch self {
        case .authRequest, .accelRedirect: "X-Limiter-Receipt"
        case .accessChecker, .authorizer: "Variable-FCGILIMITER_RECEIPT"
        case .responder: nil
        }
    }

    /// The response in the form of this front.
    ///
    /// - Parameters:
    ///   - problem: why the request is refused; `nil` if it passes.
    ///   - verdict: the answer of the limits; `nil` if nobody decided.
    ///   - page: makes the limiter's own answer to a request that passes.
    /// - Returns: the response to the web server.
    func response(problem: ProblemDetails?, verdict: Verdict?, page: () -> Response) -> Response {
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
        if let verdict { response.addRateLimit(verdict) }
        return response
    }
}

extension Response {
    /// Adds what the snippets make the answer from.
    fileprivate mutating func addRefusal(_ problem: ProblemDetails, status: StaticString, body: StaticString) {
        addHeader(status, decimal: Int64(problem.status))
        addHeader(body) { $0.append(contentsOf: problem.body.dropLast()) }
        if let wait = problem.retryAfter { addRetryAfter(wait) }
    }
}
