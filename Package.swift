// swift-tools-version: 6.3
import PackageDescription

/// The settings of every Swift target: Swift 6 mode, the upcoming features, warnings as errors.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .treatAllWarnings(as: .error),
]

/// What the program adds: the bugs that the simulator must find, behind a trait.
let planted: [SwiftSetting] = house + [.define("PlantedBugs", .when(traits: ["PlantedBugs"]))]

/// What the replication core adds: heavy invariant checks behind a trait.
let checked: [SwiftSetting] = planted + [.define("InvariantChecks", .when(traits: ["InvariantChecks"]))]

let package = Package(
    name: "plc",
    products: [
        .library(name: "PLCNode", targets: ["PLCNode"]),
        .executable(name: "plc", targets: ["plc"]),
    ],
    traits: [
        .trait(
            name: "InvariantChecks",
            description: "Check the invariants of the replication core after every step (slow)."),
        .trait(
            name: "PlantedBugs",
            description: "Let `plc simulate --plant N` make a mistake on purpose, to see it found."),
        .default(enabledTraits: []),
    ],
    dependencies: [],
    targets: [
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "openssl",
            providers: [.apt(["libssl-dev"]), .yum(["openssl-devel"])]),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"]), .yum(["sqlite-devel"])]),
        .systemLibrary(
            name: "CZstd", pkgConfig: "libzstd",
            providers: [.apt(["libzstd-dev"]), .yum(["libzstd-devel"])]),
        .target(name: "CLinux", cSettings: [.treatAllWarnings(as: .error)]),

        .target(name: "PLCSync", dependencies: ["COpenSSL"], swiftSettings: checked),
        .target(name: "PLCOracle", dependencies: ["PLCSync"], swiftSettings: house),
        .target(name: "PLCEntities", dependencies: ["PLCSync"], swiftSettings: house),
        .target(
            name: "PLCNode",
            dependencies: ["PLCSync", "PLCEntities", "PLCOracle", "COpenSSL", "CSQLite", "CZstd", "CLinux"],
            swiftSettings: planted),
        .executableTarget(name: "plc", dependencies: ["PLCNode"], swiftSettings: house),

        .testTarget(
            name: "PLCSyncTests", dependencies: ["PLCSync", "PLCOracle"], swiftSettings: house),
        .testTarget(
            name: "PLCEntitiesTests", dependencies: ["PLCEntities", "PLCSync"], swiftSettings: house),
        .testTarget(
            name: "PLCNodeTests",
            dependencies: [
                "PLCNode", "PLCEntities", "PLCSync", "PLCOracle", "CLinux", "COpenSSL", "CSQLite",
            ],
            swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
