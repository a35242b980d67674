import Domain
import Foundation
import Glibc
import Inspection
import TestKit

/// A running scanner whose children do what an object's first line tells them to, and what the worker's log says of it.
struct HostileStation {
    let station: Station
    private let lines = LogLines()

    /// For acts that never end.
    static let shortTime = ScanLimits(timeout: .milliseconds(300))

    init(children: Int = 1, maxDeaths: Int = 2, identifyTimeout: Duration = .seconds(30)) async throws {
        station = try await Station(
            children: children, maxDeaths: maxDeaths, grace: .milliseconds(200), log: lines.log
        ) { configuration in
            configuration.executable = ScannerBinary.hostilePath
            configuration.identifyTimeout = identifyTimeout
        }
    }

    func perform(_ act: String, limits: ScanLimits = ScanLimits()) async throws -> ScanReport {
        try await station.scan(Self.script(act), limits: limits)
    }

    static func script(_ act: String) -> [UInt8] { Array("hostile: \(act)\nplain words\n".utf8) }

    /// How often the signatures were loaded, and how many children ended.
    var loads: Int { lines.count("scanner is ready") }
    var deaths: Int { lines.count("scanner child ended") }

    /// Waits until so many children ended.
    func deaths(_ count: Int) async throws {
        while deaths < count { try await lines.next("scanner child ended") }
    }

    /// The processes of the children, once there are `count`. They may not be in their cells yet: what is shut in cannot be
    /// looked into but by root.
    @discardableResult func children(_ count: Int = 1) async throws -> [pid_t] {
        try await station.children(count) { _ in true }
    }

    /// What stands in the children's scratch folders.
    var scratchNames: [String] {
        let folder = "\(station.scratch.path)/lazaret-scanner.\(station.process)"
        let slots = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return slots.flatMap { slot in
            (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(slot)"))?.map { "\(slot)/\($0)" } ?? []
        }
    }

    func stop() async { _ = await station.scanners.stop() }
}
