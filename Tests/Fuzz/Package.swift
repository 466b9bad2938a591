// swift-tools-version: 6.3
import PackageDescription

/// The fuzz targets: the same sources as the product's (through links), instrumented, in a package of their own.
///
/// So the product's manifest knows nothing of fuzzing, and `package` access reaches the targets. Built by Scripts/fuzz.
///
/// Address sanitizer is on because what reads bytes does so unchecked once it has compared a length; overflow and index
/// checks stay on in release. `-enable-testing` opens the few parsers that are internal.
let instrumented = ["-sanitize=fuzzer,address"]

let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .unsafeFlags(["-warnings-as-errors"]),
]

/// What is fuzzed.
///
/// The targets themselves are not instrumented: what they do is neither to be reached nor to be checked.
let fuzzed: [SwiftSetting] = house + [.unsafeFlags(instrumented + ["-enable-testing"])]

let package = Package(
    name: "plc-fuzz",
    targets: [
        .systemLibrary(name: "COpenSSL", path: "Sources/COpenSSL", pkgConfig: "openssl"),
        .systemLibrary(name: "CSQLite", path: "Sources/CSQLite", pkgConfig: "sqlite3"),
        .systemLibrary(name: "CZstd", path: "Sources/CZstd", pkgConfig: "libzstd"),
        .target(name: "CLinux", path: "Sources/CLinux"),
        .target(
            name: "PLCSync", dependencies: ["COpenSSL"], path: "Sources/PLCSync",
            swiftSettings: fuzzed + [.define("InvariantChecks")]),
        .target(
            name: "PLCOracle", dependencies: ["PLCSync"], path: "Sources/PLCOracle", swiftSettings: fuzzed),
        .target(
            name: "PLCEntities", dependencies: ["PLCSync"], path: "Sources/PLCEntities", swiftSettings: fuzzed
        ),
        .target(
            name: "PLCNode",
            dependencies: [
                "PLCSync", "PLCEntities", "PLCOracle", "COpenSSL", "CSQLite", "CZstd", "CLinux",
            ],
            path: "Sources/PLCNode", swiftSettings: fuzzed),
        .executableTarget(
            name: "Fuzz", dependencies: ["PLCNode", "PLCEntities", "PLCOracle", "PLCSync", "CZstd"],
            path: "Fuzz",
            exclude: ["Support/History+Vectors.swift", "Support/Vectors.swift", "Support/Seeded.swift"],
            swiftSettings: house + [.unsafeFlags(["-parse-as-library"])],
            linkerSettings: [.unsafeFlags(instrumented + ["-use-ld=lld"])]),
    ],
    swiftLanguageModes: [.v6]
)
