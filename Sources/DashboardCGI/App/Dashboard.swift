import FastCGI
import TextFormats

/// The application of one worker: answers a request by a page, a table or a file.
final class Dashboard: Application {
    private let access: Access
    private let assets: Assets
    private let templates: Templates
    private let database: Database
    private let limiter: LiveStore
    private let console: Console

    init(
        access: Access, operators: Operators, assets: Assets, templates: Templates, database: Database,
        limiter: LiveStore, log: AccessLog?
    ) {
        self.access = access
        self.assets = assets
        self.templates = templates
        self.database = database
        self.limiter = limiter
        console = Console(operators, database, limiter, log)
    }

    func respond(to requests: [Request]) -> [Response] {
        requests.map { request in
            var response = answer(request)
            // Pages load nothing from other hosts, run no inline code, and appear in no frame.
            response.addHeader(
                "Content-Security-Policy",
                """
                default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
                connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'
                """)
            response.addHeader("X-Content-Type-Options", "nosniff")
            // Other sites learn nothing, and the console learns the origin of a form.
            response.addHeader("Referrer-Policy", "same-origin")
            response.sendsBody = request.bytes(of: "REQUEST_METHOD")?.elementsEqual("HEAD".utf8) != true
            return response
        }
    }

    private func answer(_ request: Request) -> Response {
        if let refusal = access.refusal(of: request) { return refused(refusal) }
        let method = request.text(of: "REQUEST_METHOD") ?? "GET"
        let route = Route(request)
        let allowed =
            switch route {
            case .act: ["POST"]
            case .page(.trial): ["GET", "HEAD", "POST"]
            default: ["GET", "HEAD"]
            }
        guard allowed.contains(method) else {
            let text = alternatives(allowed) + " only\n"
            var response = Response(status: 405, reason: "Method Not Allowed", body: Array(text.utf8))
            response.addHeader("Allow") { $0 += Array(allowed.joined(separator: ", ").utf8) }
            response.addHeader("Content-Type", "text/plain; charset=utf-8")
            return response
        }
        let query = (method == "POST" ? request.body?[...] : request.bytes(of: "QUERY_STRING")) ?? []
        let now = Moment.now
        switch route {
        case nil: return page(Page(problem: .notFound, on: nil, now: now))
        case .asset(let name):
            return assets.answer(name, to: request) ?? page(Page(problem: .notFound, on: nil, now: now))
        case .act: return act(request, now: now)
        case .page(let name) where name.isConsole:
            return page(
                Page(name, query, database, now: now) { filter throws(Problem) in
                    try console.content(name, request, filter, now: now)
                })
        case .page(let name): return page(Page(name, query, database, limiter, now: now))
        case .table(let name, let format): return table(name, format, query, now: now)
        }
    }

    private func page(_ page: Page) -> Response {
        var response = Response(page.problem?.kind, body: templates.html(page.view))
        response.addHeader("Content-Type", "text/html; charset=utf-8")
        response.addHeader("Cache-Control", "no-store")
        return response
    }

    /// Carries out an action, and leads to the page that shows the result.
    private func act(_ request: Request, now: Moment) -> Response {
        do throws(Problem) {
            let address = try console.act(request, now: now)
            var response = Response(status: 303, reason: "See Other", body: [])
            response.addHeader("Location") { $0 += Array(address.utf8) }
            response.addHeader("Cache-Control", "no-store")
            return response
        } catch {
            return page(Page(problem: error, on: .overrides, now: now))
        }
    }

    private func table(_ name: TableName, _ format: TableFormat, _ query: ArraySlice<UInt8>, now: Moment) -> Response {
        var response: Response
        do throws(Problem) {
            let filter = try Filter(query, now: now)
            let table = try Table(name, filter, database, limiter)
            response = Response(nil, body: table.file(format))
            if let next = table.next {
                let address = filter.address("\(name.rawValue).\(format)", [next])
                response.addHeader("Link") { $0 += Array("<\(address)>; rel=\"next\"".utf8) }
            }
            response.addHeader("Content-Type", format == .csv ? "text/csv; charset=utf-8" : "application/json")
            let disposition = format == .csv ? "attachment" : "inline"
            response.addHeader("Content-Disposition") {
                $0 += Array("\(disposition); filename=\"\(name.rawValue).\(format)\"".utf8)
            }
        } catch {
            var json = JSONWriter()
            json.appendObject { json in
                json.append("title", error.title)
                json.append("detail", error.remedy)
            }
            json.endLine()
            response = Response(error.kind, body: json.bytes)
            response.addHeader("Content-Type", "application/problem+json")
        }
        response.addHeader("Cache-Control", "no-store")
        return response
    }

    private func refused(_ refusal: Access.Refusal) -> Response {
        let view =
            switch refusal {
            case .stranger(let address): RefusalView(address: address)
            case .proxied: RefusalView(isProxied: true)
            case .foreignName(let host): RefusalView(host: host)
            }
        var response = Response(status: 403, reason: "Forbidden", body: templates.html(view))
        response.addHeader("Content-Type", "text/html; charset=utf-8")
        response.addHeader("Cache-Control", "no-store")
        return response
    }
}

extension Response {
    /// An answer with the status of a problem, or 200.
    fileprivate init(_ kind: Problem.Kind?, body: [UInt8]) {
        switch kind {
        case nil: self.init(status: 200, reason: "OK", body: body)
        case .malformed: self.init(status: 400, reason: "Bad Request", body: body)
        case .forbidden: self.init(status: 403, reason: "Forbidden", body: body)
        case .missing: self.init(status: 404, reason: "Not Found", body: body)
        case .unavailable: self.init(status: 503, reason: "Service Unavailable", body: body)
        }
    }
}
