import Analytics
import Limiters
import Platform
import Servers
import Testing

@Suite("Top senders")
struct TopSendersTests {
    private static func send(
        _ recording: Recording, from address: UInt32, key: Int, path: String = "/api/data", _ requests: Int = 1
    ) {
        recording.ledger[0].count { counts in
            for _ in 0..<requests {
                counts.count(
                    Identity("api_key", String(key).utf8), series: 0, .allowed, passed: true, nil, latency: nil,
                    dimensions: RequestDimensions(
                        address: .v4(address), path: Array(path.utf8)[...], userAgent: []))
            }
        }
    }

    @Test("a key-guesser who is never blocked and 200 networks among 50,000 addresses are found")
    func found() throws {
        let server = try PostgresServer()
        let recording = try Recording(server.location)
        recording.recorder.start()
        var key = 0
        for number in 0..<50_000 {
            key += 1
            if number < 10_000 {
                // 50 addresses in each of 200 networks send twice.
                Self.send(recording, from: 0x0A00_0000 + UInt32((number % 200) << 8 + number / 200), key: key, 2)
            } else {
                Self.send(recording, from: 0x2000_0000 + UInt32(number << 8), key: key)
            }
            guard number % 10 == 0 else { continue }
            key += 1
            Self.send(recording, from: 0xC633_6407, key: key, path: "/login")
        }
        recording.recorder.stop()

        func top(_ dimension: String, _ condition: String = "true", in table: String = "values_1h") throws -> String {
            try server.query(
                """
                select value, sum(allowed) > 4800, sum(blocked + failed) from limiter.\(table)
                where dimension = '\(dimension)' and \(condition) group by 1 order by sum(allowed) desc limit 1
                """)
        }
        for table in ["values_10s", "values_1h", "values_1d"] {
            #expect(try top("address", in: table) == "198.51.100.7|t|0")
        }
        #expect(try top("network") == "198.51.100.0/24|t|0")
        #expect(try top("path", "value <> '/api/data'") == "/login|t|0")
        #expect(try top("user_agent") == "|t|0")
        let networks = """
            select count(*) from (
                select value from limiter.values_1h where dimension = 'network' group by 1
                order by sum(allowed) desc limit 201) top
            where value like '10.%'
            """
        #expect(try server.number(networks) == 200)
        try server.query("update limiter.maintenance set at = 'epoch'; select limiter.maintain(7, 14, 190)")
        #expect(try server.number(networks) == 200)
        #expect(
            try server.number(
                "select max(n) from (select count(*) n from limiter.values_1h group by dimension, at) counts") <= 1_000)
    }

    @Test("addresses of both versions and their networks have one spelling, and are hashed with the clients")
    func spelling() throws {
        let server = try PostgresServer()
        for names in [ClientNames.plain, .hashed(secret: "s")] {
            let recording = try Recording(server.location, names: names)
            recording.recorder.start()
            recording.ledger[0].count { counts in
                for text in ["203.0.113.9", "::ffff:203.0.113.9", "2001:DB8:0:1:0:0:0:9"] {
                    counts.count(
                        Identity("api_key", "a".utf8), series: 0, .allowed, passed: true, nil, latency: nil,
                        dimensions: RequestDimensions(
                            address: IPAddress(Array(text.utf8)[...]), path: [], userAgent: []))
                }
            }
            recording.recorder.stop()
        }
        #expect(
            try server.query(
                """
                select value, sum(allowed) from limiter.values_1d
                where dimension in ('address', 'network') and value not like 'hashed=%' group by 1 order by value collate "C"
                """) == """
                    2001:db8:0:1::/64|1
                    2001:db8:0:1::9|1
                    203.0.113.0/24|2
                    203.0.113.9|2
                    """)
        #expect(
            try server.query(
                "select count(*), sum(allowed) from limiter.values_1d where value like 'hashed=%'") == "4|6")
    }
}
