import FastCGI
import Limiters
import Stores
import TextFormats

/// Why a request is not served: a status, and a body as in RFC 9457 that ends with a newline.
struct ProblemDetails {
    let status: Int
    let reason: StaticString
    let body: [UInt8]
    /// How long to wait before another try; `nil` if waiting does not help.
    var retryAfter: Microseconds?

    private init(_ status: Int, _ reason: StaticString, _ body: StaticString, retryAfter: Microseconds? = nil) {
        self.init(status, reason, Array(body.bytes), retryAfter: retryAfter)
    }

    private init(_ status: Int, _ reason: StaticString, _ body: [UInt8], retryAfter: Microseconds? = nil) {
        self.status = status
        self.reason = reason
        self.body = body
        self.retryAfter = retryAfter
    }

    /// 429 of RFC 6585: the client is over its limits.
    static func tooManyRequests(_ verdict: Verdict) -> ProblemDetails {
        var body: [UInt8] = []
        body.reserveCapacity(256)
        body.append(text: #"{"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","#)
        if verdict.admission == .impossible {
            body.append(text: #""title":"This request costs more than its limit ever allows","status":429,"#)
        } else if verdict.refusesAtOnceOnly {
            body.append(text: #""title":"Too many requests at once: try again when one has ended","status":429,"#)
        } else {
            body.append(text: #""title":"Too many requests: the limit is used up","status":429,"#)
        }
        body.append(text: #""violated-policies":["#)
        var isFirst = true
        verdict.forEachNamed { entry, decision in
            guard decision.admission != .allowed else { return }
            if !isFirst { body.append(text: ",") }
            isFirst = false
            body.append(text: "\"")
            body.append(contentsOf: entry.policy.name.utf8)
            body.append(text: "\"")
        }
        body.append(text: "]}\n")
        let retryAfter: Microseconds? = if case .refused(let wait) = verdict.admission { wait } else { nil }
        return ProblemDetails(429, "Too Many Requests", body, retryAfter: retryAfter)
    }

    /// 503: nobody could decide the request, and its policy denies it then.
    static let storeFailure = ProblemDetails(
        503, "Service Unavailable",
        """
        {"type":"https://iana.org/assignments/http-problem-types#temporary-reduced-capacity",\
        "title":"Limits cannot be checked at the moment","status":503}

        """,
        retryAfter: 1_000_000
    )

    /// 403: the client is banned.
    static let banned = ProblemDetails(403, "Forbidden", "{\"title\":\"This client is banned\",\"status\":403}\n")

    /// 404: the path does not exist.
    static let notFound = ProblemDetails(404, "Not Found", "{\"title\":\"There is nothing here\",\"status\":404}\n")

    /// 405: the path has other methods.
    static let methodNotAllowed = ProblemDetails(
        405, "Method Not Allowed", "{\"title\":\"The path does not know this method\",\"status\":405}\n")
}

extension Verdict {
    /// Whether all policies that refuse are limits at once.
    fileprivate var refusesAtOnceOnly: Bool {
        charge.entries.indices.allSatisfy { index in
            let policy = charge.entries[index].policy
            return decisions[index].admission == .allowed || policy.mode == .shadow || policy.quota.algorithm == .atOnce
        }
    }
}

extension Response {
    /// The response that reports a problem to a client.
    init(_ problem: ProblemDetails) {
        self.init(status: problem.status, reason: problem.reason, body: problem.body)
        addHeader("Content-Type", "application/problem+json")
        addHeader("Cache-Control", "no-store")
        if let wait = problem.retryAfter { addRetryAfter(wait) }
    }

    /// 405, with the methods that the path has.
    static func methodNotAllowed(_ allowed: StaticString) -> Response {
        var response = Response(.methodNotAllowed)
        response.addHeader("Allow", allowed)
        return response
    }
}

extension RequestOutcome {
    /// Why the request is refused; `nil` if it passes.
    var problem: ProblemDetails? {
        switch self {
        case .decided(let verdict, _): verdict.isAllowed ? nil : .tooManyRequests(verdict)
        case .undecided(.allow): nil
        case .undecided(.deny): .storeFailure
        }
    }
}
