import Foundation
import Servers
import Testing

@Suite("What is live, and what is not")
struct FreshnessTests {
    @Test("a limiter that stops answering is shown within 10 s on every page, in the title and in the tab's icon")
    func death() throws {
        let scene = try BrowserScene(.nginx, .light)
        let browser = scene.browser
        try scene.send(12, as: "ann")
        #expect(try scene.waitForRequests(12))
        try browser.open(scene.site.address(""))
        #expect(try browser.run("return document.title") as? String == "Overview – FCGILimiter")
        #expect(
            try browser.run("return document.querySelector('link[rel=icon]').href.includes('icon.svg')") as? Bool
                == true)

        let limiter = try #require(scene.limiter)
        limiter.send(SIGKILL)
        let killed = Date()
        #expect(
            try waitUntil { try browser.text("#alarms")?.contains("stopped answering. Last sign of life: ") == true })
        print("a killed limiter is shown after \(Date().timeIntervalSince(killed)) s")
        #expect(try browser.run("return document.title") as? String == "Fault: Overview – FCGILimiter")
        #expect(
            try browser.run("return document.querySelector('link[rel=icon]').href.includes('alarm.svg')") as? Bool
                == true)
        #expect(try browser.text("#live-text")?.hasPrefix("No limiter has written since ") == true)
        for page in ["clients", "client?client=api_key%3Dann", "events", "health"] {
            try browser.open(scene.site.address(page))
            #expect(try browser.text("#alarms")?.contains("stopped answering") == true, "\(page)")
            #expect(try (browser.run("return document.title") as? String)?.hasPrefix("Fault: ") == true, "\(page)")
        }
        #expect(try browser.texts("#processes tbody .state").first == "silent")
        #expect(try browser.texts("[data-part=Limiters] .state") == ["1 silent"])
    }

    @Test("a limiter that was stopped, or replaced by the next one, is no fault")
    func end() throws {
        let postgres = try PostgresServer.withSchema()
        let folder = try TemporaryFolder()
        func start() throws -> LimiterProcess {
            try LimiterProcess(
                store: "embedded:\(folder.path("store"))", flags: ["--postgres", postgres.location],
                companions: [folder, postgres])
        }
        let client = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres]).client()
        func states() throws -> [String?] {
            try client.get("/limits/processes.json").list().map { $0["state"] as? String }
        }
        let first = try start()
        #expect(try waitUntil { try states() == ["up"] })
        first.send(SIGTERM)
        #expect(try waitUntil { try states() == ["ended"] })
        #expect(try client.get("/limits/").text.contains("No limiter runs."))
        let second = try start()
        #expect(try waitUntil { try states() == ["up", "ended"] })
        second.send(SIGKILL)
        let third = try start()
        #expect(
            try waitUntil { try states() == ["up", "ended", "replaced"] || states() == ["up", "replaced", "ended"] })
        #expect(
            try client.get("/limits/").text.contains(
                "<section class=\"alarms\" id=\"alarms\" role=\"alert\"></section>"))
        withExtendedLifetime(third) {}
    }

    @Test("while the database hangs, the figures stay and are marked stale within 10 s")
    func hang() throws {
        let postgres = try PostgresServer.withSchema()
        var traffic = Traffic()
        traffic.add("api_key=ann", .data, allowed: 1_234, blocked: 56, at: now() - 60)
        try traffic.write(to: postgres)
        let site = try DashboardSite(
            .nginx, postgres: postgres.location, flags: ["--postgres-deadline", "60000"], companions: [postgres])
        let browser = try Browser()
        try browser.open(site.address(""))
        #expect(try browser.text("#figure-total .value") == "1,290")
        let lock = try SeriesLock(postgres)
        #expect(try waitUntil { try browser.text("#alarms")?.contains("the server does not answer") == true })
        #expect(try browser.text("#figure-total .value") == "1,290")
        #expect(try (browser.run("return document.title") as? String)?.hasPrefix("Stale: ") == true)
        #expect(try browser.run("return document.documentElement.dataset.stale") as? String == "")
        try lock.release()
        #expect(try waitUntil { try browser.run("return document.documentElement.dataset.stale") == nil })
    }
}
