import Domain
import Foundation
import Glibc
import Judging
import ScanProtocol
import ScannerTestKit
import Support
import TestKit
import Testing

@testable import Inspection

/// Processes that are killed while filtered signatures switch. Each scanner loads two engines, so that a candidate is
/// killed with none, one or both of them.
@Suite(.heavy, .serialized, .timeLimit(.minutes(4)))
struct FilteredSwitchTests {
    enum Victim: CaseIterable { case child, serving, candidate }

    /// So many that loading takes longer than the pauses before a kill.
    private static let count = 8000
    private static let rows = (0..<count)
        .map { "Rows-\($0):0:*:\(String(format: "%08x", $0))a1b2c3d4e5f60718\n" }.joined()
    private static let pauses = [0, 100, 300]
    private static let text = Array("a qzxjkvwyqzxj in a haystack".utf8)
    private static let needle = Array("Lazaret.Test.Needle:0:*:\(hexadecimalText(Array("qzxjkvwyqzxj".utf8)))\n".utf8)

    /// Scans once. Whether the pattern is found depends on the set that the evidence names, and on nothing else.
    private static func scan(_ live: LiveSignatures) async throws {
        let report = try await live.fixture.scan(text)
        let hasNeedle = report.evidence.signatures?.contains("needle.ndb") == true
        #expect(report.evidence.limits.isEmpty, "\(report.findings)")
        #expect(report.findings.map(\.name) == (hasNeedle ? ["Lazaret.Test.Needle.UNOFFICIAL"] : []))
    }

    /// The set that serves is one as a whole: its name, its number of signatures and its filter.
    private static func check(_ live: LiveSignatures, hasNeedle: Bool) async throws {
        let engine = try live.fixture.scanners.description()
        #expect(engine.signatures.contains("needle.ndb") == hasNeedle)
        #expect(engine.signatureCount == Int64(count + 1 + (hasNeedle ? 1 : 0)))
        #expect(engine.matching.isFiltered, "\(engine.matching.obstacle)")
        #expect(engine.matching.counts.reduce(0) { $0 + $1.filtered } == engine.signatureCount)
        try await scan(live)
        #expect(Verdict(of: try await live.fixture.scan(eicar).findings) == .infected)
    }

    /// Kills a process of the scanners, the first of which serves. Returns false if there is none any more.
    private static func kill(_ victim: Victim, of live: LiveSignatures) -> Bool {
        let scanners = live.processes
        let process: pid_t? =
            switch victim {
            case .serving: scanners.first
            case .child: scanners.first.flatMap { LiveSignatures.children(of: $0).first }
            case .candidate: scanners.count > 1 ? scanners.last : nil
            }
        return process.map { Glibc.kill($0, SIGKILL) == 0 } ?? false
    }

    private final class Stream: Sendable {
        let isOver = Locked(false)
    }

    @Test(arguments: Victim.allCases)
    func `a process is killed while filtered signatures switch`(victim: Victim) async throws {
        let live = try await LiveSignatures(children: 2, matching: .filtered, adding: ["rows.ndb": Self.rows])
        let stream = Stream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    while !stream.isOver.withLock({ $0 }) {
                        try await Self.scan(live)
                        // Loading is not to wait for processors.
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
            }
            var hasNeedle = false
            for pause in Self.pauses {
                if hasNeedle { try live.remove("needle.ndb") } else { try live.write("needle.ndb", Self.needle) }
                try await live.lines.next("loading signatures")
                try await Task.sleep(for: .milliseconds(pause))
                let isKilled = Self.kill(victim, of: live)
                if victim == .candidate, isKilled {
                    // The set that served goes on, and the folder gets it again.
                    try await live.lines.next("signatures refused")
                    try await Self.check(live, hasNeedle: hasNeedle)
                    if hasNeedle {
                        try live.write("needle.ndb", Self.needle)
                        try await live.lines.next("signatures switched")
                    } else {
                        try live.remove("needle.ndb")
                        try await live.lines.next("signature folder holds the serving set again")
                    }
                } else {
                    try await live.lines.next("signatures switched")
                    hasNeedle.toggle()
                }
                try await live.untilAlone()
                try await Self.check(live, hasNeedle: hasNeedle)
            }
            stream.isOver.withLock { $0 = true }
            try await group.waitForAll()
        }
        _ = await live.fixture.scanners.stop()
    }
}
