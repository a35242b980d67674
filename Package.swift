// swift-tools-version: 6.2
import PackageDescription

/// What every target is compiled with. Warnings are errors; `strict` adds the memory-safety check, under which each
/// use of a C pointer is marked `unsafe`.
let common: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .treatAllWarnings(as: .error),
]
let strict = common + [.strictMemorySafety()]

/// A target of ours under `Sources/`, with what it may import. An import that is not listed here fails the build.
func module(_ name: String, _ imports: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: imports, swiftSettings: strict)
}

func tests(_ name: String, _ imports: [Target.Dependency]) -> Target {
    .testTarget(name: name + "Tests", dependencies: imports, swiftSettings: common)
}

func systemLibrary(_ name: String, pkgConfig: String?, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// The Makefile passes it: a manifest's own question to git is answered from a cache after the next commit.
let commit = Context.environment["LAZARET_COMMIT"] ?? "unknown"

let package = Package(
    name: "lazaret",
    products: [
        .executable(name: "lazaret", targets: ["Lazaret"]),
        .executable(name: "lazaret-scanner", targets: ["LazaretScanner"]),
    ],
    targets: [
        // C libraries of Debian, and the few C lines that Swift cannot write.
        systemLibrary("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
        systemLibrary("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        systemLibrary("CExpat", pkgConfig: "expat", apt: "libexpat1-dev"),
        systemLibrary("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
        systemLibrary("CPostgres", pkgConfig: "libpq", apt: "libpq-dev"),
        systemLibrary("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
        systemLibrary("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
        systemLibrary("CMagic", pkgConfig: "libmagic", apt: "libmagic-dev"),
        systemLibrary("CClamAV", pkgConfig: "libclamav", apt: "libclamav-dev"),
        systemLibrary("CArchive", pkgConfig: "libarchive", apt: "libarchive-dev"),
        systemLibrary("CQPDF", pkgConfig: "libqpdf", apt: "libqpdf-dev"),
        systemLibrary("CGMime", pkgConfig: "gmime-3.0", apt: "libgmime-3.0-dev"),
        systemLibrary("CBrotli", pkgConfig: "libbrotlidec", apt: "libbrotli-dev"),
        systemLibrary("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        systemLibrary("CStreams", pkgConfig: "liblzma", apt: "liblzma-dev"),
        systemLibrary("CSeccomp", pkgConfig: "libseccomp", apt: "libseccomp-dev"),
        .target(name: "CShims"),
        .target(name: "CMatching"),
        .target(name: "CVersion", cSettings: [.define("LAZARET_COMMIT", to: "\"\(commit)\"")]),

        // From the ground up: a target imports only what stands above it in this list.
        module("Domain", []),
        module("Support", ["Domain", "CShims"]),
        module("Digest", ["CCrypto"]),
        module("HTTP", ["Support", "CCurl"]),
        module("AWS", ["HTTP", "Digest", "Support", "Domain", "CExpat", "CShims"]),
        module("ScanProtocol", ["Domain", "Support", "CShims"]),
        module("Sandbox", ["ScanProtocol", "Support", "CSeccomp", "CShims"]),
        module(
            "Unpacking",
            [
                "Digest", "Support", "Domain", "CArchive", "CBrotli", "CCrypto", "CExpat", "CGMime", "CQPDF",
                "CStreams", "CZlib", "CShims",
            ]),
        module(
            "Scanning",
            [
                "Sandbox", "Unpacking", "ScanProtocol", "Digest", "Support", "Domain", "CClamAV", "CMagic", "CMatching",
                "CZlib", "CShims",
            ]),
        module("Pipelines", ["Digest", "Domain", "CYAML"]),
        module("Judging", ["Pipelines", "ScanProtocol", "Domain"]),
        module("Ledger", ["Digest", "Domain", "Support", "CSQLite", "CPostgres"]),
        module("Intake", ["AWS", "Digest", "Support", "Domain"]),
        module("Transfer", ["AWS", "Digest", "Support", "Domain", "CShims"]),
        module("Inspection", ["ScanProtocol", "Support", "Domain", "CShims"]),
        module("Listener", ["CMicroHTTPD"]),
        module("Notices", ["Ledger", "Pipelines", "AWS", "HTTP", "Digest", "Support", "Domain"]),
        module(
            "Worker",
            [
                "Judging", "Notices", "Intake", "Transfer", "Inspection", "ScanProtocol", "Ledger", "Pipelines", "AWS",
                "Digest", "Support", "Domain",
            ]),
        module("Reporting", ["Ledger", "Support", "Domain"]),
        module("Replay", ["Intake", "Ledger", "AWS", "Support", "Domain"]),
        .executableTarget(
            name: "Lazaret",
            dependencies: [
                "Replay", "Reporting", "Worker", "Notices", "Listener", "Intake", "Transfer", "Inspection",
                "ScanProtocol", "Ledger", "Pipelines", "AWS", "HTTP", "Support", "Domain", "CArchive", "CShims",
                "CVersion",
            ],
            swiftSettings: strict),
        .executableTarget(name: "LazaretScanner", dependencies: ["Scanning"], swiftSettings: strict),

        // Tests: the servers that users have, and scripted ones for faults.
        .target(
            name: "TestKit",
            dependencies: ["Intake", "AWS", "HTTP", "Digest", "Support", "Domain", "CShims", "CTestKit"],
            path: "Tests/TestKit",
            swiftSettings: common),
        .target(name: "CTestKit", path: "Tests/CTestKit"),
        .target(name: "TestRandom", path: "Tests/TestRandom", swiftSettings: common),
        .target(
            name: "ScannerTestKit",
            dependencies: [
                "Judging", "Inspection", "ScanProtocol", "Support", "Domain", "CShims", "TestKit", "TestRandom",
            ],
            path: "Tests/ScannerTestKit",
            swiftSettings: common),
        .target(name: "CHostile", path: "Tests/CHostile"),
        .executableTarget(
            name: "HostileScanner",
            dependencies: ["Scanning", "ScanProtocol", "Domain", "TestRandom", "CHostile", "CShims"],
            path: "Tests/HostileScanner",
            swiftSettings: common),
        tests("Domain", ["Domain"]),
        tests("Digest", ["Digest"]),
        tests("Support", ["Support", "Domain", "TestKit"]),
        tests("HTTP", ["HTTP", "Support", "TestKit"]),
        tests("AWS", ["AWS", "HTTP", "Digest", "Support", "Domain", "TestKit"]),
        tests("Pipelines", ["Pipelines", "Domain", "TestKit"]),
        tests("Ledger", ["Ledger", "Domain", "Support", "TestKit"]),
        tests("Intake", ["Intake", "AWS", "Support", "Domain", "TestKit"]),
        tests("Transfer", ["Transfer", "AWS", "HTTP", "Digest", "Support", "Domain", "TestKit"]),
        tests("ScanProtocol", ["ScanProtocol", "Domain", "Support", "TestRandom"]),
        tests("Unpacking", ["Unpacking", "Support", "CShims", "TestKit", "TestRandom"]),
        tests(
            "Scanning",
            [
                "Scanning", "Judging", "Inspection", "Unpacking", "Pipelines", "ScanProtocol", "Domain", "Support",
                "CShims", "ScannerTestKit", "TestKit", "TestRandom",
            ]),
        tests("Judging", ["Judging", "ScanProtocol", "Domain"]),
        tests(
            "Sandbox",
            ["Judging", "Inspection", "ScanProtocol", "Domain", "Support", "CShims", "ScannerTestKit", "TestKit"]),
        tests(
            "Inspection",
            ["Judging", "Inspection", "ScanProtocol", "Domain", "Support", "CShims", "ScannerTestKit", "TestKit"]),
        tests(
            "Fuzz",
            [
                "Judging", "Inspection", "ScanProtocol", "Domain", "Support", "CShims", "ScannerTestKit", "TestKit",
                "TestRandom",
            ]),
        tests(
            "Worker",
            [
                "Worker", "Judging", "Notices", "Inspection", "ScanProtocol", "Ledger", "Pipelines", "Intake",
                "Transfer",
                "AWS", "Digest",
                "Support", "Domain", "TestKit",
            ]),
        tests("Notices", ["Notices", "Ledger", "Pipelines", "AWS", "HTTP", "Digest", "Support", "Domain", "TestKit"]),
        tests("Replay", ["Replay", "Ledger", "Intake", "AWS", "Support", "Domain", "TestKit"]),
        tests("Reporting", ["Reporting", "Ledger", "Domain", "Support", "TestKit"]),
        tests("Listener", ["Listener", "HTTP", "TestKit"]),
        tests(
            "Lazaret",
            [
                "Lazaret", "Replay", "Reporting", "Worker", "Inspection", "ScanProtocol", "Intake", "Listener",
                "Transfer", "Ledger", "Pipelines", "AWS", "Support", "Domain", "TestKit",
            ]),
        tests(
            "EndToEnd",
            ["Worker", "Intake", "Ledger", "AWS", "HTTP", "Digest", "Domain", "Support", "TestKit", "TestRandom"]),
    ]
)
