import FastCGI
import Limiters

extension Response {
    /// 429: the client is over its limits.
    ///
    /// RFC 6585 and, for the body, RFC 9457.
    static func tooManyRequests(_ verdict: Verdict, on charge: Charge) -> Response {
        var body: [UInt8] = []
        body.reserveCapacity(256)
        body.append(text: #"{"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","#)
        if verdict.outcome == .impossible {
            body.append(text: #""title":"This request costs more than its limit ever allows","status":429,"#)
        } else {
            body.append(text: #""title":"Too many requests: the limit is used up","status":429,"#)
        }
        body.append(text: #""violated-policies":["#)
        var isFirst = true
        for (entry, decision) in zip(charge.entries, verdict.decisions)
        where entry.policy.mode == .enforced && decision.outcome != .allowed {
            if !isFirst { body.append(text: ",") }
            isFirst = false
            body.append(text: "\"")
            body.append(contentsOf: entry.policy.name.utf8)
            body.append(text: "\"")
        }
        body.append(text: "]}\n")

        var response = problem(429, "Too Many Requests", body)
        if case .refused(let retryAfter) = verdict.outcome { response.addRetryAfter(retryAfter) }
        response.addRateLimit(verdict, on: charge)
        return response
    }

    /// 503: the store gave no verdict, and requests are refused meanwhile.
    static func storeFailure() -> Response {
        var response = problem(
            503, "Service Unavailable",
            Array(
                #"{"type":"https://iana.org/assignments/http-problem-types#temporary-reduced-capacity","#.utf8)
                + Array(#""title":"Limits cannot be checked at the moment","status":503}"#.utf8) + [0x0A])
        response.addRetryAfter(1_000_000)
        return response
    }

    /// 404: nothing is served here.
    static func notFound() -> Response {
        problem(404, "Not Found", Array("{\"title\":\"There is nothing here\",\"status\":404}\n".utf8))
    }

    /// 405, with the methods that the path knows.
    static func methodNotAllowed(_ allowed: StaticString) -> Response {
        var response = problem(
            405, "Method Not Allowed", Array("{\"title\":\"The path does not know this method\",\"status\":405}\n".utf8)
        )
        response.addHeader("Allow", allowed)
        return response
    }

    private static func problem(_ status: Int, _ reason: StaticString, _ body: [UInt8]) -> Response {
        var response = Response(status: status, reason: reason, body: body)
        response.addHeader("Content-Type", "application/problem+json")
        response.addHeader("Cache-Control", "no-store")
        return response
    }
}
