import Domain
import Foundation
import Glibc
import Inspection
import Judging
import ScannerTestKit
import Support
import TestKit
import Testing

/// Objects that compromise their child: each costs one attempt of its own, and affects no other object.
///
/// A compromised child can invent its reply, and consistent facts are believed, since such a reply cannot be
/// distinguished from an honest one. The test of the consistent lie shows this limit.
@Suite(.heavy, .serialized, .timeLimit(.minutes(1)))
struct HostileTests {
    struct Act: Sendable, CustomTestStringConvertible {
        let script: String
        /// The limit in the object's report.
        let limit: String
        /// A part of the finding's detail.
        let detail: String
        /// How many children die, with a maximum of two deaths.
        let deaths: Int
        var limits = ScanLimits()
        var testDescription: String { script }

        static func dies(_ script: String, _ detail: String) -> Act {
            Act(script: script, limit: "scanner-died", detail: detail, deaths: 2)
        }
        /// Another child would end alike.
        static func givesUp(_ script: String, _ limit: String, _ detail: String) -> Act {
            Act(script: script, limit: limit, detail: detail, deaths: 1)
        }
        static func hangs(_ script: String) -> Act {
            Act(
                script: script, limit: "timed-out", detail: "not done after", deaths: 1,
                limits: HostileScannerFixture.shortTime)
        }
    }

    static let acts: [Act] = [
        .dies("segfault", "signal 11"), .dies("abort", "signal 6"),
        .dies("exit 0", "exited with 0"), .dies("exit 3", "exited with 3"),
        .hangs("loop"), .hangs("deaf-loop"), .hangs("silent"),
        .dies("stop", "signal 31"), .dies("fork-bomb", "signal 31"),
        .dies("memory", "signal 6"),
        .dies("scratch-fill", "scratch folder held more than 64 MiB"),
        .dies("scratch-files", "scratch folder held more than 64 MiB"),
        .dies("scratch-depth", "exited with 2"), .dies("scratch-lock", "exited with 2"),
        .givesUp("exit 1", "resources", "a library ran out of memory"),
        .givesUp("exit 91", "no-progress", "more processor time than its size warrants"),
        .givesUp("exit 100", "no-progress", "no progress in its ZIP"),
        .dies("close-socket", "signal 9"),
        .dies("cut-reply", "invalid reply"), .dies("garbage 1", "invalid reply"), .dies("garbage 2", "invalid reply"),
        .dies("huge-claim", "invalid reply"), .dies("long-reply", "too long"), .dies("empty-packet", "processes ended"),
        .dies("no-nonce", "invalid reply"), .dies("other-nonce", "not asked for"),
        .dies("other-question", "not asked for"),
        .dies("descriptor-reply", "sent a descriptor"), .dies("own-socket", "sent a descriptor"),
        .dies("many-descriptors", "too long"),
    ]

    @Test(arguments: acts) func `a hostile act costs one attempt of its object and nothing else`(_ act: Act)
        async throws
    {
        let hostile = try await HostileScannerFixture(children: 2)
        let fixture = hostile.fixture
        let scanner = fixture.process
        try await hostile.children(2)

        async let report = hostile.perform(act.script, limits: act.limits)
        // Other objects, at the same time and queued after it.
        let others = try await withThrowingTaskGroup(of: Verdict.self) { group in
            for number in 0..<8 {
                let bytes = number.isMultiple(of: 2) ? eicar : Array("plain words \(number)".utf8)
                group.addTask { Verdict(of: try await fixture.scan(bytes).findings) }
            }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(others == [.infected: 4, .clean: 4])
        let findings = try await report.findings
        #expect(findings.map(\.name) == [act.limit])
        #expect(findings.first?.detail.contains(act.detail) == true, "\(findings)")
        #expect(Verdict(of: findings) == .unscannable)

        try await hostile.deaths(act.deaths)
        // Both children are replaced, by the same scanner, with empty folders.
        try await hostile.children(2)
        #expect(Verdict(of: try await fixture.scan(eicar).findings) == .infected)
        #expect(fixture.process == scanner)
        #expect(hostile.loads == 1)
        #expect(hostile.deaths == act.deaths)
        // A new child runs its canary test in the folder first.
        while !hostile.scratchNames.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        await hostile.stop()
        #expect(fixture.scratch.names == [])
    }

    @Test(arguments: 1...4) func `an object is given up after the maximum number of deaths`(maximum: Int) async throws {
        let hostile = try await HostileScannerFixture(maxDeaths: maximum)
        let report = try await hostile.perform("segfault")
        #expect(report.evidence.limits == ["scanner-died"])
        #expect(report.findings[0].detail.hasPrefix("\(maximum) process"))
        #expect(report.evidence.bytesRead == 0)
        try await hostile.deaths(maximum)
        try await hostile.children()
        #expect(hostile.deaths == maximum)
        await hostile.stop()
    }

    @Test(arguments: ["segfault", "silent", "garbage 3"])
    func `a hostile act during type detection fails the same way`(act: String) async throws {
        let hostile = try await HostileScannerFixture(identifyTimeout: .milliseconds(300))
        let spool = Spool(HostileScannerFixture.script(act))
        let error = await #expect(throws: ScannerError.self) {
            try await hostile.fixture.scanners.identify(spool.descriptor, size: 5)
        }
        #expect(error?.objectFailure.map { Finding($0).name } == (act == "silent" ? "timed-out" : "scanner-died"))
        await hostile.stop()
    }

    /// Facts that contradict the object or each other.
    static let lies: [(field: String, limits: [String])] = [
        ("unread", ["not-inspected"]), ("bytes-read", ["not-wholly-read"]),
        ("too-many-bytes-read", ["not-wholly-read"]),
        ("size-before", ["size-changed"]), ("size-after", ["size-changed"]), ("root", ["not-inspected"]),
        ("code", ["engine-error"]), ("match-without-name", ["unnamed-alert"]), ("type", ["unknown-type"]),
        ("warning-count", ["engine-warning"]), ("warnings", ["engine-warning"]),
        ("alerts-left-out", ["too-many-alerts"]), ("cut-layers", ["max-file-size"]),
        ("unmatched-layers", ["unmatched-layer"]), ("unopened", ["unsupported-container"]),
    ]

    @Test(arguments: lies) func `a reply with contradictory facts is not clean`(field: String, limits: [String])
        async throws
    {
        let hostile = try await HostileScannerFixture()
        let report = try await hostile.perform("clean \(field)")
        #expect(report.evidence.limits == limits)
        #expect(Verdict(of: report.findings) == .unscannable)
        #expect(hostile.deaths == 0)
        await hostile.stop()
    }

    @Test func `a consistent but false reply of a child is accepted`() async throws {
        let hostile = try await HostileScannerFixture()
        #expect(try await hostile.perform("clean").findings == [])
        await hostile.stop()
    }

    @Test func `a reply sent ahead does not answer the next object`() async throws {
        let hostile = try await HostileScannerFixture()
        let first = await #expect(throws: ScannerError.self) { try await hostile.perform("ahead-of-the-next") }
        #expect(first?.message == "taken over")
        // The child waits for this request and answers it unread, with the previous nonce.
        #expect(Verdict(of: try await hostile.fixture.scan(eicar).findings) == .infected)
        try await hostile.children()
        #expect(hostile.deaths == 1)
        await hostile.stop()
    }

    /// The first reply may have been accepted before the second one arrived. The second one answers no request in
    /// either case.
    @Test func `a second reply answers no object`() async throws {
        let hostile = try await HostileScannerFixture(maxDeaths: 1)
        async let first = hostile.perform("two-replies")
        for _ in 0..<4 { #expect(Verdict(of: try await hostile.fixture.scan(eicar).findings) != .clean) }
        let limits = try await first.evidence.limits
        #expect(limits == [] || limits == ["scanner-died"])
        try await hostile.deaths(1)
        await hostile.stop()
    }

    @Test(arguments: Spool.Kind.allCases) func `a child cannot change the object`(kind: Spool.Kind) async throws {
        let hostile = try await HostileScannerFixture()
        let script = HostileScannerFixture.script("write-spool")
        let spool = Spool(script, kind)
        let report = try await hostile.fixture.scanners.scan(
            spool.descriptor, size: Int64(script.count), limits: ScanLimits())
        #expect(report.findings == [])
        var bytes = [UInt8](repeating: 0, count: script.count + 1)
        #expect(pread(spool.descriptor, &bytes, bytes.count, 0) == script.count)
        #expect(bytes.dropLast() == script[...])
        await hostile.stop()
    }

    @Test func `a child that exhausts its descriptors affects no other object`() async throws {
        let hostile = try await HostileScannerFixture()
        _ = try await hostile.perform("descriptors")
        #expect(Verdict(of: try await hostile.fixture.scan(eicar).findings) == .infected)
        let plain = try await hostile.fixture.scan(Array("plain words".utf8))
        #expect(plain.findings == [])
        await hostile.stop()
    }

    @Test func `a killed first process is restarted, and every object gets its verdict`() async throws {
        let hostile = try await HostileScannerFixture(children: 2)
        let fixture = hostile.fixture
        let scanner = fixture.process
        async let hanging = hostile.perform("silent", limits: HostileScannerFixture.shortTime)
        let scans = (0..<20).map { number in
            Task.immediate { Verdict(of: try await fixture.scan(number.isMultiple(of: 2) ? eicar : [0x61]).findings) }
        }
        kill(scanner, SIGKILL)
        for (number, scan) in scans.enumerated() {
            #expect(try await scan.value == (number.isMultiple(of: 2) ? .infected : .clean))
        }
        #expect(try await hanging.evidence.limits == ["timed-out"])
        #expect(fixture.process != scanner)
        #expect(hostile.loads == 2)
        await hostile.stop()
    }

    /// A third of the objects compromise their child, each in another way. The others get their usual verdicts.
    @Test func `each of hundreds of objects gets its own verdict, and nothing is leaked`() async throws {
        let hostile = try await HostileScannerFixture(children: 2, maxDeaths: 1)
        let fixture = hostile.fixture
        let scanner = fixture.process
        let acts = [
            "segfault", "abort", "exit 0", "cut-reply", "garbage 7", "long-reply", "other-nonce", "many-descriptors",
            "own-socket", "fork-bomb", "scratch-lock", "other-question", "clean unread", "close-socket",
        ]
        _ = try await fixture.scan(eicar)
        let before = (descriptors: descriptors(), memory: residentBytes())
        for round in 0..<6 {
            let verdicts = try await withThrowingTaskGroup(of: (Int, Verdict).self) { group in
                for number in 0..<(3 * acts.count) {
                    let bytes =
                        switch number % 3 {
                        case 0: HostileScannerFixture.script(acts[number / 3])
                        case 1: eicar
                        default: Array("plain words \(round) \(number)".utf8)
                        }
                    group.addTask { (number, Verdict(of: try await fixture.scan(bytes).findings)) }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            for (number, verdict) in verdicts {
                let expected: Verdict = [.unscannable, .infected, .clean][number % 3]
                #expect(verdict == expected, "\(acts[number / 3]), \(number % 3)")
            }
        }
        #expect(fixture.process == scanner && hostile.loads == 1)
        // Other tests in this process open and close descriptors; leaked ones would stay.
        while descriptors() > before.descriptors + 32 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(residentBytes() - before.memory < 64 << 20)
        await hostile.stop()
        #expect(fixture.scratch.names == [])
    }

    private func descriptors() -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    }

    private func residentBytes() -> Int {
        let text = FileManager.default.contents(atPath: "/proc/self/statm").map { String(decoding: $0, as: UTF8.self) }
        return (text?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * Int(getpagesize())
    }
}
