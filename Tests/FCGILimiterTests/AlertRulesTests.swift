import Foundation
import Servers
import Testing

@Suite("The alerting rules for Prometheus")
struct AlertRulesTests {
    private static let file = Template.path("prometheus/fcgi-limiter.rules.yml")

    @Test("are valid, and every metric and label of them is exported")
    func names() throws {
        let promtool = try Program("promtool", package: "prometheus")
        let outcome = try promtool.run(["check", "rules", Self.file])
        #expect(outcome.status == 0, "\(outcome.errors)")

        let text = try String(contentsOf: URL(filePath: Self.file), encoding: .utf8)
        let embedded = try RecordedSite().client().get("/metrics?format=prometheus").text
        let redis = try RedisServer()
        let remote = try RecordedSite(store: "redis+unix:\(redis.socket)").client()
            .get("/metrics?format=prometheus").text
        for name in Set(text.matches(of: /fcgi_limiter_[a-z_]+/).map { String($0.0) }) {
            #expect(
                (embedded + remote).contains("\n\(name){") || embedded.contains("\n\(name) "), "\(name) is not exported"
            )
        }
        #expect(embedded.firstMatch(of: /fcgi_limiter_store_used_ratio 0\.\d+\n/) != nil)
        #expect(!remote.contains("store_used_ratio"))
        for state in ["outcome=\"blocked\"", "state=\"closed\""] { #expect((embedded + remote).contains(state)) }
    }

    @Test("fire while something is wrong, and not before or after")
    func firing() throws {
        let folder = try TemporaryFolder()
        try folder.write(String(contentsOf: URL(filePath: Self.file), encoding: .utf8), to: "fcgi-limiter.rules.yml")
        let test = try folder.write(Self.incidents, to: "test.yml")
        let outcome = try Program("promtool", package: "prometheus").run(["test", "rules", test])
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errors)")
    }

    /// A minute of requests that are mostly blocked, and an outage, a full store and a database that is down.
    private static let incidents = #"""
        rule_files: [fcgi-limiter.rules.yml]
        evaluation_interval: 1m
        tests:
          - interval: 1m
            input_series:
              - series: fcgi_limiter_requests_total{job="l",instance="a",endpoint="/",outcome="allowed"}
                values: 0+60x10 600+600x20
              - series: fcgi_limiter_requests_total{job="l",instance="a",endpoint="/",outcome="blocked"}
                values: 0+300x10 3000+0x20
              - series: fcgi_limiter_store_breaker{job="l",instance="a",state="open"}
                values: 0x5 1x5 0x20
              - series: fcgi_limiter_store_breaker{job="l",instance="a",state="closed"}
                values: 1x5 0x5 1x20
              - series: fcgi_limiter_store_used_ratio{job="l",instance="a"}
                values: 0.5x5 0.95x10 0.2x15
              - series: fcgi_limiter_recorder_batches_lost_total{job="l",instance="a"}
                values: 0x4 1x30
              - series: fcgi_limiter_recorder_up{job="l",instance="a"}
                values: 1x2 0x12 1x20
            promql_expr_test:
              - { expr: 'count(ALERTS{alertstate="firing"}) or vector(0)', eval_time: 1m, exp_samples: [{ labels: '{}', value: 0 }] }
              - expr: count by (alertname) (ALERTS{alertstate="firing"})
                eval_time: 9m
                exp_samples:
                  - { labels: '{alertname="FCGILimiterBlockRate"}', value: 1 }
                  - { labels: '{alertname="FCGILimiterStoreUnavailable"}', value: 1 }
                  - { labels: '{alertname="FCGILimiterCountsLost"}', value: 1 }
              - expr: count by (alertname) (ALERTS{alertstate="firing"})
                eval_time: 13m
                exp_samples:
                  - { labels: '{alertname="FCGILimiterStoreNearlyFull"}', value: 1 }
                  - { labels: '{alertname="FCGILimiterCountsWait"}', value: 1 }
                  - { labels: '{alertname="FCGILimiterCountsLost"}', value: 1 }
              - { expr: 'count(ALERTS{alertstate="firing"}) or vector(0)', eval_time: 28m, exp_samples: [{ labels: '{}', value: 0 }] }
        """#
}
