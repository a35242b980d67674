import Domain
import Foundation
import Glibc
import Inspection
import Support

/// A running scanner whose children do what an object's first line tells them to, and what the worker's log says of it.
struct HostileStation {
    let station: Station
    private let lines: Lines

    private final class Lines: Sendable {
        let all = Locked<[String]>([])
    }

    /// For acts that never end.
    static let shortTime = ScanLimits(timeout: .milliseconds(300))

    init(children: Int = 1, maxDeaths: Int = 2, identifyTimeout: Duration = .seconds(30)) async throws {
        let lines = Lines()
        self.lines = lines
        let log = Log { line in lines.all.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
        station = try await Station(
            children: children, maxDeaths: maxDeaths, grace: .milliseconds(200), log: log
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
    var loads: Int { count("scanner is ready") }
    var deaths: Int { count("scanner child ended") }

    /// Waits until so many children ended.
    func deaths(_ count: Int) async throws {
        while deaths < count { try await Task.sleep(for: .milliseconds(2)) }
    }

    /// The processes of the children, once there are `count`. They may not be in their cells yet: what is shut in cannot be
    /// looked into but by root.
    @discardableResult func children(_ count: Int = 1) async throws -> [pid_t] {
        let scanner = station.process
        while true {
            let text = FileManager.default.contents(atPath: "/proc/\(scanner)/task/\(scanner)/children") ?? Data()
            let children = String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
            if children.count == count { return children.sorted() }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private func count(_ message: String) -> Int {
        lines.all.withLock { lines in lines.filter { $0.contains("\"\(message)\"") }.count }
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
