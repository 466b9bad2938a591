import Foundation
import PLCNode
import Testing

/// The scenarios that are shipped, as they are on the disk.
enum ShippedScenarios {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Specs/scenarios")

    static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".scenario") }.sorted()
    }

    static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    static func scenario(_ name: String) throws -> Scenario {
        try Scenario(parsing: text(name), file: name)
    }
}

@Suite struct ScenarioFilesTests {
    @Test("SC-15, SC-20: every file that is shipped is read, planned and printed")
    func everyFile() throws {
        let names = try ShippedScenarios.names()
        same(names.count >= 18, true, "there are \(names.count) files; that")
        for name in names {
            let scenario = try ShippedScenarios.scenario(name)
            same(try Scenario(parsing: scenario.printed, file: name), scenario, name)
            same(try ShippedScenarios.text(name).hasPrefix("# "), true, "\(name) begins with a comment; that")
            same(scenario.expectations.isEmpty, false, "\(name) expects nothing; that")
            if scenario.isSwarm { continue }
            let plan = try scenario.plan()
            same(plan.waitsFor, [], name)
            same(plan.events.allSatisfy { $0.time <= plan.length }, true, "\(name): events by the end; that")
        }
    }

    @Test func `the largest is planned as it is described`() throws {
        let plan = try ShippedScenarios.scenario("country.scenario").plan()
        same(plan.nodes.count, 10_101)
        same(plan.spaces.count, 101)
        same(plan.spaces[37].members.count, 101, "an area has its district and a hundred schools; that")
        same(plan.spaces[37].founder, "district-37")
        same(plan.model, .gossip)
        same(plan.workloads.count, 20_100)
    }

    @Test func `the partition of three weeks is what its file says`() throws {
        let plan = try ShippedScenarios.scenario("three-week-partition.scenario").plan()
        same(plan.links.count, 33)
        same(plan.links[3].b, "district-1")
        same(plan.links[32].b, "district-3")
        let day = 86_400_000 as UInt64
        let cut = plan.events.first { $0.time == 2 * day }
        guard case .cut(_, let from, let to, true, true)? = cut?.step else {
            Issue.record("\(cut as Any) is no partition")
            return
        }
        same(from.count, 11)
        same(to.count, 23)
        same(plan.events.contains { $0.time == 10 * day && $0.step == .backUp("school-4", id: 1) }, true)
        same(
            plan.events.contains { $0.time == 11 * day && $0.step == .restore("school-4", id: 1, .command) },
            true)
        same(plan.expectations.last, .faults(.wrongClocks, atLeast: 2))
    }
}
