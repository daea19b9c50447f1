import Testing

@testable import Stores

@Suite("Store locations")
struct StoreLocationTests {
    @Test(
        "an embedded location is understood",
        arguments: [
            ("embedded:/dev/shm/fcgi-limiter", "/dev/shm/fcgi-limiter", 1 << 30),
            ("embedded:relative/folder", "relative/folder", 1 << 30),
            ("embedded:/a?size=1048576", "/a", 1 << 20),
            ("embedded:/a?size=2048K", "/a", 2 << 20),
            ("embedded:/a?size=512M", "/a", 512 << 20),
            ("embedded:/a?size=2G", "/a", 2 << 30),
            // A colon and an at sign are ordinary in a path.
            ("embedded:/a:b@c", "/a:b@c", 1 << 30),
        ] as [(String, String, Int)])
    func embedded(_ text: String, _ path: String, _ size: Int) throws {
        let location = try StoreLocation(text)
        #expect(location == .embedded(path: path, size: size))
        #expect(location.description == "embedded:\(path)")
        #expect(location.kind == "embedded")
    }

    @Test(
        "a Redis location is understood, and described without its password",
        arguments: [
            ("redis://host", tcp("host"), "redis://host:6379/0"),
            ("redis://host/", tcp("host"), "redis://host:6379/0"),
            ("redis://host:7000/3", tcp("host", 7_000, database: 3), "redis://host:7000/3"),
            ("redis://10.0.0.5:65535", tcp("10.0.0.5", 65_535), "redis://10.0.0.5:65535/0"),
            ("redis://[::1]:7000/1", tcp("::1", 7_000, database: 1), "redis://[::1]:7000/1"),
            ("redis://[fe80::1]", tcp("fe80::1"), "redis://[fe80::1]:6379/0"),
            ("redis://:pw@host", tcp("host", password: "pw"), "redis://host:6379/0"),
            // One word before the @ is a password, as in redis-cli.
            ("redis://pw@host", tcp("host", password: "pw"), "redis://host:6379/0"),
            ("redis://me:pw@host:1/2", tcp("host", 1, user: "me", password: "pw", database: 2), "redis://host:1/2"),
            ("redis://m%65:p%40%3A%2f%25@host", tcp("host", user: "me", password: "p@:/%"), "redis://host:6379/0"),
            // The last @ separates the password from the host.
            ("redis://:a@b:c/d@host", tcp("host", password: "a@b:c/d"), "redis://host:6379/0"),
            ("redis://:%C3%A9@host", tcp("host", password: "é"), "redis://host:6379/0"),
            ("redis+unix:/run/r.sock", unix("/run/r.sock"), "redis+unix:/run/r.sock?db=0"),
            ("redis+unix:///run/r.sock", unix("/run/r.sock"), "redis+unix:/run/r.sock?db=0"),
            ("redis+unix:/run/r.sock?db=4", unix("/run/r.sock", database: 4), "redis+unix:/run/r.sock?db=4"),
            ("redis://:a?b=c@host", tcp("host", password: "a?b=c"), "redis://host:6379/0"),
            (
                "redis://me@host?password_file=/run/credentials/fcgi-limiter@a.service/pw",
                RedisLocation(
                    .tcp(host: "host", port: 6_379),
                    RedisCredentials(
                        user: .text("me"), password: .file("/run/credentials/fcgi-limiter@a.service/pw"))),
                "redis://host:6379/0"
            ),
            (
                "redis+unix:/run/r.sock?db=1&user_file=/u&password_file=/p%26%3F",
                RedisLocation(
                    .unix(path: "/run/r.sock"), RedisCredentials(user: .file("/u"), password: .file("/p&?")),
                    database: 1), "redis+unix:/run/r.sock?db=1"
            ),
            (
                "rediss://:pw@host/1",
                RedisLocation(
                    .tcp(host: "host", port: 6_379), RedisCredentials(password: .text("pw")), tls: TLSSettings(),
                    database: 1), "rediss://host:6379/1"
            ),
            (
                "rediss://host?ca=/ca&cert=/cert&key=/key&server_name=redis.example",
                RedisLocation(
                    .tcp(host: "host", port: 6_379),
                    tls: TLSSettings(
                        authorities: "/ca", certificate: "/cert", key: "/key", serverName: "redis.example")),
                "rediss://host:6379/0"
            ),
            (
                "redis+unix://me:pw@/run/r.sock?db=1", unix("/run/r.sock", user: "me", password: "pw", database: 1),
                "redis+unix:/run/r.sock?db=1"
            ),
        ] as [(String, RedisLocation, String)])
    func redis(_ text: String, _ expected: RedisLocation, _ description: String) throws {
        let location = try StoreLocation(text)
        #expect(location == .redis(expected))
        #expect(location.description == description)
        #expect(location.kind == "redis")
    }

    @Test(
        "a location of Sentinels is understood, and described without its passwords",
        arguments: [
            ("redis+sentinel://host/limits", "redis+sentinel://host:26379/limits/0", 0, .init(), .init()),
            (
                "redis+sentinel://me:p%40@a:1,[::1]:2,c/limits/3", "redis+sentinel://a:1,[::1]:2,c:26379/limits/3", 3,
                .init(user: .text("me"), password: .text("p@")), .init()
            ),
            (
                "redis+sentinel://:pw@a/m?sentinel_password=s%26%40", "redis+sentinel://a:26379/m/0", 0,
                .init(password: .text("pw")), .init(password: .text("s&@"))
            ),
            (
                "redis+sentinel://a/m/1?sentinel_user=u&sentinel_password=a@b", "redis+sentinel://a:26379/m/1", 1,
                .init(), .init(user: .text("u"), password: .text("a@b"))
            ),
            (
                "rediss+sentinel://a/m?password_file=/p&sentinel_password_file=/s&ca=/ca",
                "rediss+sentinel://a:26379/m/0", 0, .init(password: .file("/p")), .init(password: .file("/s"))
            ),
        ] as [(String, String, Int, RedisCredentials, RedisCredentials)])
    func sentinel(
        _ text: String, _ description: String, _ database: Int, _ credentials: RedisCredentials,
        _ sentinelCredentials: RedisCredentials
    ) throws {
        let location = try StoreLocation(text)
        #expect(location.description == description)
        #expect(location.kind == "redis_sentinel")
        guard case .sentinel(let parts) = location else { Issue.record("\(location)"); return }
        #expect(parts.database == database)
        #expect(parts.credentials == credentials)
        #expect(parts.sentinelCredentials == sentinelCredentials)
        #expect((parts.tls == nil) == text.hasPrefix("redis+"))
    }

    @Test(
        "a location of a cluster is understood, and described without its password",
        arguments: [
            ("redis+cluster://host", "redis+cluster://host:6379", .init()),
            ("redis+cluster://host:7000/", "redis+cluster://host:7000", .init()),
            (
                "redis+cluster://me:pw@a:1,[::1]:2,c", "redis+cluster://a:1,[::1]:2,c:6379",
                .init(user: .text("me"), password: .text("pw"))
            ),
            (
                "rediss+cluster://me@a?password_file=/p", "rediss+cluster://a:6379",
                .init(user: .text("me"), password: .file("/p"))
            ),
        ] as [(String, String, RedisCredentials)])
    func cluster(_ text: String, _ description: String, _ credentials: RedisCredentials) throws {
        let location = try StoreLocation(text)
        #expect(location.description == description)
        #expect(location.kind == "redis_cluster")
        guard case .cluster(let parts) = location else { Issue.record("\(location)"); return }
        #expect(parts.credentials == credentials)
        #expect((parts.tls == nil) == text.hasPrefix("redis+"))
    }

    @Test(
        "an invalid location gives an error with a remedy",
        arguments: [
            ("", "", schemeRemedy),
            ("redis", "redis", "write redis://HOST:PORT/DB"),
            ("memcached:x", "memcached:x", schemeRemedy),
            ("valkeys://me:secret@host", "…@host", schemeRemedy),
            ("rediss+unix:/r.sock", "rediss+unix:/r.sock", schemeRemedy),
            ("redis://host?ca=/ca", "redis://host", "ca needs TLS: write rediss://"),
            ("rediss://host?key=/key", "rediss://host", "key needs cert=PATH"),
            ("rediss://host?ca=", "rediss://host", valueRemedy("ca")),
            ("rediss://host?ca", "rediss://host", valueRemedy("ca")),
            ("redis://me@host?password_file=/a%2", "…@host", valueRemedy("password_file")),
            ("rediss://host?secure=1", "rediss://host", nameRemedy("secure", "\(fileNames), \(tlsNames)")),
            ("embedded", "embedded", folderRemedy),
            ("embedded:", "embedded:", folderRemedy),
            ("embedded:?size=1G", "embedded:?size=1G", folderRemedy),
            ("embedded:/a?size=1023K", "embedded:/a?size=1023K", sizeRemedy),
            ("embedded:/a?size=", "embedded:/a?size=", sizeRemedy),
            ("embedded:/a?size=big", "embedded:/a?size=big", sizeRemedy),
            ("embedded:/a?size=-1G", "embedded:/a?size=-1G", sizeRemedy),
            ("embedded:/a?size=9999999G", "embedded:/a?size=9999999G", sizeRemedy),
            ("embedded:/a?syze=1G", "embedded:/a?syze=1G", sizeRemedy),
            ("redis://", "redis://", hostRemedy),
            ("redis://:6379", "redis://:6379", hostRemedy),
            ("redis://[]", "redis://[]", hostRemedy),
            ("redis://host:", "redis://host:", portRemedy),
            ("redis://host:0", "redis://host:0", portRemedy),
            ("redis://host:65536", "redis://host:65536", portRemedy),
            ("redis://host:+1", "redis://host:+1", portRemedy),
            ("redis://host/x", "redis://host/x", indexRemedy),
            ("redis://host/-1", "redis://host/-1", indexRemedy),
            ("redis://host/+1", "redis://host/+1", indexRemedy),
            ("redis://host?db=1", "redis://host", nameRemedy("db", fileNames)),
            ("redis://me:100%@host", "…@host", encodingRemedy),
            ("redis://me:%4@host", "…@host", encodingRemedy),
            ("redis://me:%+5@host", "…@host", encodingRemedy),
            ("redis://me:%zz@host", "…@host", encodingRemedy),
            // Not UTF-8.
            ("redis://me:%FF@host", "…@host", encodingRemedy),
            ("redis://me:secret@host:x", "…@host:x", portRemedy),
            ("redis+unix:", "redis+unix:", pathRemedy),
            ("redis+unix:redis.sock", "redis+unix:redis.sock", pathRemedy),
            ("redis+unix://me:secret@redis.sock", "…@redis.sock", pathRemedy),
            ("redis+unix:/r.sock?db=", "redis+unix:/r.sock", valueRemedy("db")),
            ("redis+unix:/r.sock?db=-1", "redis+unix:/r.sock", databaseRemedy),
            ("redis+unix:/r.sock?x=1", "redis+unix:/r.sock", nameRemedy("x", "db, \(fileNames)")),
            ("redis+sentinel://host", "redis+sentinel://host", masterRemedy),
            ("redis+sentinel://host/", "redis+sentinel://host/", masterRemedy),
            ("redis+sentinel://me:secret@host/m/0/1", "…@host/m/0/1", masterRemedy),
            (
                "redis+sentinel://host/m?db=1", "redis+sentinel://host/m",
                nameRemedy("db", "\(sentinelNames), \(fileNames)")
            ),
            ("redis+sentinel://host/m/", "redis+sentinel://host/m/", sentinelDatabaseRemedy),
            ("redis+sentinel://host/m/x", "redis+sentinel://host/m/x", sentinelDatabaseRemedy),
            ("redis+sentinel://host,,other/m", "redis+sentinel://host,,other/m", sentinelHostRemedy),
            ("redis+sentinel:///m", "redis+sentinel:///m", sentinelHostRemedy),
            ("redis+sentinel://host:0/m", "redis+sentinel://host:0/m", portRemedy),
            (
                "redis+sentinel://host/m?sentinel_pass=secret", "redis+sentinel://host/m",
                nameRemedy("sentinel_pass", "\(sentinelNames), \(fileNames)")
            ),
            (
                "redis+sentinel://host/m?sentinel_password=secret%", "redis+sentinel://host/m",
                valueRemedy("sentinel_password")
            ),
            ("redis+sentinel://host:x/m?sentinel_password=secret@x", "redis+sentinel://host:x/m", portRemedy),
            ("redis+cluster://", "redis+cluster://", clusterHostRemedy),
            ("redis+cluster://host,", "redis+cluster://host,", clusterHostRemedy),
            ("redis+cluster://me:secret@host/0", "…@host/0", clusterDatabaseRemedy),
            ("redis+cluster://host?db=0", "redis+cluster://host", nameRemedy("db", fileNames)),
            ("redis+cluster://host/1,other", "redis+cluster://host/1,other", clusterDatabaseRemedy),
        ] as [(String, String, String)])
    func mistakes(_ text: String, _ shown: String, _ remedy: String) throws {
        let error = #expect(throws: StoreError.self) { try StoreLocation(text) }
        #expect(error?.kind == .misconfigured)
        #expect(error?.description == "store \"\(shown)\" is not valid: \(remedy)")
        #expect(error?.description.contains("secret") == false)
    }

    private static func tcp(
        _ host: String, _ port: Int = 6_379, user: String? = nil, password: String? = nil, database: Int = 0
    ) -> RedisLocation {
        RedisLocation(.tcp(host: host, port: port), credentials(user, password), database: database)
    }

    private static func credentials(_ user: String?, _ password: String?) -> RedisCredentials {
        RedisCredentials(user: user.map { .text($0) }, password: password.map { .text($0) })
    }

    private static func unix(
        _ path: String, user: String? = nil, password: String? = nil, database: Int = 0
    ) -> RedisLocation {
        RedisLocation(.unix(path: path), credentials(user, password), database: database)
    }

    private static let schemeRemedy = """
        write embedded:PATH, redis://HOST:PORT/DB, redis+unix:PATH, redis+sentinel://HOST:PORT,…/MASTERNAME/DB or \
        redis+cluster://HOST:PORT,…; with TLS write rediss for redis
        """
    private static let fileNames = "user_file, password_file"
    private static let tlsNames = "ca, cert, key, server_name"
    private static let sentinelNames =
        "sentinel_user, sentinel_password, sentinel_user_file, sentinel_password_file"

    private static func nameRemedy(_ name: String, _ known: String) -> String {
        "\"\(name)\" after '?' is unknown: write \(known)"
    }

    private static func valueRemedy(_ name: String) -> String {
        "write \(name)= and a value, percent-encoded: %26 for &, %25 for %"
    }

    private static let sentinelExample = "redis+sentinel://10.0.0.1:26379,10.0.0.2:26379,10.0.0.3:26379/MASTERNAME"
    private static let masterRemedy = "write the master's name after the Sentinels: \(sentinelExample)"
    private static let sentinelDatabaseRemedy = "after the master's '/' write the database's number"
    private static let sentinelHostRemedy = "name a host: \(sentinelExample)"
    private static let clusterHostRemedy =
        "name a host: redis+cluster://10.0.0.1:6379,10.0.0.2:6379,10.0.0.3:6379"
    private static let clusterDatabaseRemedy = "a cluster has one database: write nothing after the nodes"
    private static let folderRemedy = "name a folder: embedded:/dev/shm/fcgi-limiter"
    private static let hostRemedy = "name a host: redis://127.0.0.1:6379/0"
    private static let indexRemedy = "after '/' write the database's number"
    private static let sizeRemedy = "after '?' write size= and at least 1M, for example size=512M"
    private static let portRemedy = "after the host's ':' write a port from 1 to 65535"
    private static let encodingRemedy =
        "percent-encode the user and the password: %40 for @, %3A for :, %2F for /"
    private static let pathRemedy = "name an absolute path: redis+unix:/run/redis/redis.sock"
    private static let databaseRemedy = "after '?' write db= and the database's number"
}
