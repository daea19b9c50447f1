// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    // `any` marks each dynamic dispatch, so that none gets into the path of a request unnoticed.
    .enableUpcomingFeature("ExistentialAny"),
    // A member is visible only where its module is imported: layers cannot leak through extensions.
    .enableUpcomingFeature("MemberImportVisibility"),
    // C modules and other layers stay out of a module's public interface unless it says `public import`.
    .enableUpcomingFeature("InternalImportsByDefault"),
    // A tolerated warning is soon one of many.
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "fcgi-limiter",
    products: [
        .executable(name: "fcgi-limiter", targets: ["FCGILimiter"]),
        .executable(name: "fcgi-limiter-dashboard", targets: ["DashboardCGI"]),
        .library(name: "Limiters", targets: ["Limiters"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
    ],
    targets: [
        // Layer 1: the C libraries, as Debian ships them.
        .target(name: "CFastCGI", linkerSettings: [.linkedLibrary("fcgi")]),
        .systemLibrary(name: "CHiredis"),
        .systemLibrary(name: "CLMDB"),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "COpenSSL"),
        .systemLibrary(name: "CPostgres"),

        // Layer 2: deciding, in pure Swift; and the machine's clocks and threads.
        .target(name: "Limiters", swiftSettings: strict),
        .target(name: "Platform", dependencies: ["CLinux"], swiftSettings: strict),
        // Small text formats, each written once.
        .target(name: "TextFormats", swiftSettings: strict),

        // Layer 3: stores, rules, FastCGI and analytics. None of these modules imports another.
        .target(
            name: "Stores",
            dependencies: [
                "Limiters", "Platform", "TextFormats", "CHiredis", "CLMDB", "COpenSSL",
                .product(name: "Logging", package: "swift-log"),
            ],
            resources: [
                .embedInCode("Redis/Scripts/log.lua"), .embedInCode("Redis/Scripts/charge.lua"),
                .embedInCode("Redis/Scripts/refund.lua"),
                .embedInCode("Redis/Scripts/rights.lua"), .embedInCode("Redis/Scripts/shared_text.lua"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Analytics",
            dependencies: ["Limiters", "Platform", "TextFormats", "CPostgres"],
            resources: [
                .embedInCode("Schema/001_tables.sql"), .embedInCode("Schema/003_outcome.sql"),
                .embedInCode("Schema/004_dimensions.sql"),
                .embedInCode("Schema/005_audit.sql"), .embedInCode("Schema/006_audit_times.sql"),
                .embedInCode("Schema/007_units.sql"),
                .embedInCode("Schema/functions.sql"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "FastCGI", dependencies: ["Platform", "TextFormats", "CFastCGI", "CLinux"], swiftSettings: strict
        ),
        .target(
            name: "Rules",
            dependencies: ["Limiters", "Platform", "TextFormats", .product(name: "Yams", package: "Yams")],
            resources: [.embedInCode("samples.yaml")],
            swiftSettings: strict
        ),

        // Layer 4: the programs, and what both need to start.
        .target(
            name: "Startup",
            dependencies: [
                "FastCGI", "Stores", "Analytics", "TextFormats",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "FCGILimiter",
            dependencies: [
                "Limiters", "Platform", "TextFormats", "Rules", "Stores", "FastCGI", "Analytics", "Startup",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "DashboardCGI",
            dependencies: [
                "Limiters", "Platform", "TextFormats", "Rules", "Stores", "FastCGI", "Analytics", "Startup",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            resources: [.embedInCode("Resources")],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "StoreBench",
            dependencies: [
                "Limiters", "Platform", "Stores", "Cases", "Histories",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "bench/StoreBench",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "RulesBench", dependencies: ["Rules"], path: "bench/RulesBench", swiftSettings: strict
        ),
        .executableTarget(
            name: "Chaos",
            dependencies: ["Scenarios", "Servers", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "bench/Chaos",
            swiftSettings: strict
        ),

        // What tests need from the machine: private servers, free ports, temporary folders.
        .target(name: "Servers", dependencies: ["CHiredis", "CLinux"], path: "Tests/Servers", swiftSettings: strict),
        // Tables and random sequences that test the arithmetic and every store.
        .target(name: "Cases", dependencies: ["Limiters"], path: "Tests/Cases", swiftSettings: strict),
        // Decides whether some order of concurrent requests explains all their answers.
        .target(name: "Histories", dependencies: ["Limiters"], path: "Tests/Histories", swiftSettings: strict),
        // Faults under load: Chaos runs them at length, and the tests run shorter ones.
        .target(name: "Scenarios", dependencies: ["Servers"], path: "bench/Scenarios", swiftSettings: strict),

        .testTarget(name: "TextFormatsTests", dependencies: ["TextFormats"], swiftSettings: strict),
        .testTarget(
            name: "LimitersTests", dependencies: ["Limiters", "Cases", "Histories", "Servers"], swiftSettings: strict),
        .testTarget(
            name: "StoresTests",
            // StoreBench: its program is the process that is killed, or lacks permissions, or has a full disk.
            dependencies: [
                "Limiters", "Platform", "Stores", "StoreBench", "Cases", "Servers", "COpenSSL",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HistoryTests",
            // StoreBench: its program is the client.
            dependencies: ["Limiters", "Platform", "StoreBench", "Histories", "Servers"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "AnalyticsTests",
            dependencies: ["Analytics", "Limiters", "Platform", "Servers"],
            // Read in place: the schema of a database that is to be migrated.
            exclude: ["schema_2.sql"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FastCGITests", dependencies: ["FastCGI", "Platform", "Cases", "Servers"], swiftSettings: strict
        ),
        .testTarget(
            name: "RulesTests",
            dependencies: ["Limiters", "Platform", "Rules", "Cases", "Servers"],
            // Read in place: rules files, and the script that checks them against the schema.
            exclude: ["bad", "good", "schema"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CommandTests",
            dependencies: ["FCGILimiter", "Rules", "Limiters", "Stores", "Cases", "Servers"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FCGILimiterTests",
            dependencies: [
                "FCGILimiter", "Rules", "Analytics", "Limiters", "Stores", "Servers",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        // Whether the documents are true.
        .testTarget(
            name: "DocumentTests",
            dependencies: ["FCGILimiter", "DashboardCGI", "Servers", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict
        ),
        // The program, behind the web servers that are to be limited.
        .testTarget(
            name: "WebServerTests",
            dependencies: ["FCGILimiter", "Servers", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ChaosTests", dependencies: ["FCGILimiter", "Scenarios", "Servers"], swiftSettings: strict
        ),
        // The dashboard, behind web servers and before a real browser.
        .testTarget(
            name: "DashboardTests",
            dependencies: [
                "DashboardCGI", "FCGILimiter", "FastCGI", "Limiters", "Rules", "Analytics", "Stores",
                "Servers",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            swiftSettings: strict
        ),
    ]
)

// `make fuzz`: the parsers of foreign input, under libFuzzer. `scripts/fuzz` links the program, because
// libFuzzer provides its `main`.
if Context.environment["FUZZ"] != nil {
    package.targets.append(
        .target(
            name: "Fuzz",
            dependencies: [
                "FastCGI", "Rules", "TextFormats", "Stores", "Limiters", "Analytics", "CFastCGI", "CHiredis",
            ],
            path: "Tests/Fuzz", exclude: ["corpus", "leaks.txt"], swiftSettings: strict))
}
