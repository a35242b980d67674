import Domain
import Foundation
import Glibc
import Inspection
import Judging
import ScannerTestKit
import TestKit

/// A running scanner whose children perform the act in an object's first line, and the worker's log.
struct HostileScannerFixture {
    let fixture: ScannerFixture
    private let lines = LogLines()

    /// For acts that do not end.
    static let shortTime = ScanLimits(timeout: .milliseconds(300))

    init(children: Int = 1, maxDeaths: Int = 2, identifyTimeout: Duration = .seconds(30)) async throws {
        fixture = try await ScannerFixture(
            children: children, maxDeaths: maxDeaths, grace: .milliseconds(200), log: lines.log
        ) { configuration in
            configuration.executable = ScannerBinary.hostilePath
            configuration.identifyTimeout = identifyTimeout
        }
    }

    func perform(_ act: String, limits: ScanLimits = ScanLimits()) async throws -> ScanReport {
        try await fixture.scan(Self.script(act), limits: limits)
    }

    static func script(_ act: String) -> [UInt8] { Array("hostile: \(act)\nplain words\n".utf8) }

    /// How often the signatures were loaded.
    var loads: Int { lines.count("scanner is ready") }
    /// How many children have ended.
    var deaths: Int { lines.count("scanner child ended") }

    /// Waits until `count` children have ended.
    func deaths(_ count: Int) async throws {
        while deaths < count { try await lines.next("scanner child ended") }
    }

    /// Waits until there are `count` children and returns their processes. They may not be sandboxed yet: only root can
    /// inspect a sandboxed process.
    @discardableResult func children(_ count: Int = 1) async throws -> [pid_t] {
        try await fixture.children(count) { _ in true }
    }

    /// The entries of the children's scratch folders.
    var scratchNames: [String] {
        let folder = "\(fixture.scratch.path)/lazaret-scanner.\(fixture.process)"
        let slots = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return slots.flatMap { slot in
            (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(slot)"))?.map { "\(slot)/\($0)" } ?? []
        }
    }

    func stop() async { _ = await fixture.scanners.stop() }
}
