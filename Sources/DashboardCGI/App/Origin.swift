import FastCGI

/// Where a browser sent a request from.
enum Origin {
    /// Checks that a page of this dashboard sent the request, and no other site.
    ///
    /// Browsers say so in `Sec-Fetch-Site`, which no page can set, or at least name the page's site in `Origin`.
    ///
    /// - Throws: ``Problem`` of kind `.forbidden`, also if the request says neither.
    static func check(_ request: Request) throws(Problem) {
        let isOwn: Bool
        if let site = request.text(of: "HTTP_SEC_FETCH_SITE") {
            isOwn = site == "same-origin"
        } else if let origin = request.text(of: "HTTP_ORIGIN"), let host = request.text(of: "HTTP_HOST") {
            isOwn = ["http://\(host)", "https://\(host)"].contains { $0.lowercased() == origin.lowercased() }
        } else {
            isOwn = false
        }
        guard isOwn else {
            throw Problem(
                .forbidden, "The request does not come from a page of this dashboard.",
                "Act from the dashboard's own pages, with a browser that sends Sec-Fetch-Site or Origin.")
        }
    }
}
