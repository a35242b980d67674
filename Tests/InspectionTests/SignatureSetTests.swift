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

/// Signature sets of every kind with a real scanner, at a handover and at a start.
@Suite(.heavy, .timeLimit(.minutes(2)))
struct SignatureSetTests {
    private static func row(_ name: String, _ text: String) -> [UInt8] {
        Array("\(name):0:*:\(hexadecimalText(Array(text.utf8)))\n".utf8)
    }

    @Test func `a new signature matches without a restart`() async throws {
        let live = try await LiveSignatures()
        let text = Array("a needle in a haystack".utf8)
        #expect(try await live.fixture.scan(text).findings.isEmpty)
        let first = live.processes
        try live.write("more.ndb", Self.row("Lazaret.Test.Needle", "needle in"))
        try await live.lines.next("signatures switched")
        let report = try await live.fixture.scan(text)
        #expect(report.findings.map(\.name) == ["Lazaret.Test.Needle.UNOFFICIAL"])
        #expect(report.evidence.signatures == "more.ndb (1 signature), test.ndb (1 signature)")
        try await live.untilAlone()
        #expect(live.processes != first)
        #expect(live.fixture.scratch.names.count == 1, "the former one has cleared up")
        _ = await live.fixture.scanners.stop()
    }

    private final class Tally: Sendable {
        let counts = Locked((asked: 0, answered: 0, infected: 0, isOver: false))
    }

    /// A steady stream of calls over several handovers: each call is answered once, under one set or the other.
    @Test func `no scan is lost or answered twice`() async throws {
        let live = try await LiveSignatures(children: 2)
        let switches = 4
        let text = Array("a needle in a haystack".utf8)
        let tally = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while !tally.counts.withLock({ $0.isOver }) {
                        tally.counts.withLock { $0.asked += 1 }
                        let report = try await live.fixture.scan(text)
                        #expect(report.evidence.limits.isEmpty, "\(report.findings)")
                        // The evidence names the set that gave the answer.
                        #expect(
                            report.findings.isEmpty == (report.evidence.signatures?.contains("needle.ndb") == false))
                        tally.counts.withLock { counts in
                            counts.answered += 1
                            if !report.findings.isEmpty { counts.infected += 1 }
                        }
                    }
                }
            }
            let path = live.fixture.signatures.path
            for number in 1...switches {
                if number.isMultiple(of: 2) {
                    try #require(unlink("\(path)/needle.ndb") == 0)
                } else {
                    try live.write("needle.ndb", Self.row("Lazaret.Test.Needle", "needle in"))
                }
                try await live.lines.next("signatures switched")
                // A call was answered under this set.
                let before = tally.counts.withLock { $0.answered }
                while tally.counts.withLock({ $0.answered }) < before + 5 {
                    try await Task.sleep(for: .milliseconds(2))
                }
            }
            tally.counts.withLock { $0.isOver = true }
            try await group.waitForAll()
        }
        let (asked, answered, infected, _) = tally.counts.withLock { $0 }
        #expect(asked == answered)
        #expect(infected > 0 && infected < answered)
        #expect(live.fixture.scanners.signatures.switches == switches)
        try await live.untilAlone()
        #expect(Verdict(of: try await live.fixture.scan(eicar).findings) == .infected)
        _ = await live.fixture.scanners.stop()
    }

    // MARK: Kinds of sets

    enum Fate: Sendable, Equatable {
        /// The set loads and serves.
        case taken
        /// The set is refused with this message, at a handover as at a start.
        case refused(String)
    }

    static let sets: [(String, Fate, @Sendable (Folder) throws -> Void)] = [
        (
            "a good file more", .taken,
            { try LiveSignatures.write($0, "more.ndb", row("Lazaret.Test.More", "more words")) }
        ),
        (
            "an .ndb row cut in a byte", .refused("more.ndb"),
            { try LiveSignatures.write($0, "more.ndb", Array(row("A.B", "words").dropLast(2))) }
        ),
        // Nothing in the row says how long its pattern should be. That the file was stable is the only safeguard.
        (
            "an .ndb row cut between bytes", .taken,
            { try LiveSignatures.write($0, "more.ndb", Array(row("A.B", "words").dropLast(3))) }
        ),
        (
            "an .hdb row cut", .refused("more.hdb"),
            { try LiveSignatures.write($0, "more.hdb", Array("44d88612fea8a8f36de82e1278abb02f:6".utf8)) }
        ),
        (
            "an .ldb row cut", .refused("more.ldb"),
            {
                try LiveSignatures.write(
                    $0, "more.ldb", Array("Lazaret.Test.Logical;Engine:81-255,Target:0;0&1;6e6565646c65".utf8))
            }
        ),
        ("an empty .ndb", .refused("more.ndb"), { try LiveSignatures.write($0, "more.ndb", []) }),
        (
            "an .ndb with a row that the engine reads in two pieces", .refused("more.ndb"),
            { try LiveSignatures.write($0, "more.ndb", row("A.B", String(repeating: "words", count: 900))) }
        ),
        ("a link to a good file", .taken, { try LiveSignatures.link("more.ndb", in: $0, to: row("A.B", "words")) }),
        ("an empty .hdb", .refused("more.hdb"), { try LiveSignatures.write($0, "more.hdb", []) }),
        ("an empty .cvd", .refused("daily.cvd"), { try LiveSignatures.write($0, "daily.cvd", []) }),
        (
            "a .cvd cut behind its header", .refused("daily.cvd"),
            { folder in
                let head = "ClamAV-VDB:20 Nov 2026 08-00 +0000:27000:2000000:90:aaaa:bbbb:builder:1795161600"
                try LiveSignatures.write(
                    folder, "daily.cvd", Array(head.utf8) + [UInt8](repeating: 0x20, count: 512 - head.utf8.count))
            }
        ),
        (
            "a .cvd of zeros", .refused("daily.cvd"),
            { try LiveSignatures.write($0, "daily.cvd", [UInt8](repeating: 0, count: 4096)) }
        ),
        (
            "a broken .yar", .refused("more.yar"),
            { try LiveSignatures.write($0, "more.yar", Array("rule A { condition: $b }".utf8)) }
        ),
        (
            "a .yar of a module that is not there", .refused("more.yar"),
            { try LiveSignatures.write($0, "more.yar", Array("import \"pe\"\nrule A { condition: pe.is_dll() }".utf8)) }
        ),
        (
            "a good .yar", .taken,
            {
                let rule = "rule A { strings: $a = \"needle\" condition: $a }"
                try LiveSignatures.write($0, "more.yar", Array(rule.utf8))
            }
        ),
        ("an empty folder", .refused("holds no signatures"), { try #require(unlink("\($0.path)/test.ndb") == 0) }),
        ("no folder", .refused("cannot be read"), { try FileManager.default.removeItem(atPath: $0.path) }),
        (
            "an unknown ending alone", .refused("holds no signatures"),
            { try #require(rename("\($0.path)/test.ndb", "\($0.path)/test.txt") == 0) }
        ),
        (
            "exceptions alone", .refused("hold no signature"),
            {
                try #require(unlink("\($0.path)/test.ndb") == 0)
                try LiveSignatures.write($0, "test.ign2", Array("Some.Name\n".utf8))
            }
        ),
        (
            "a folder with a database's name", .refused("more.ndb"),
            {
                try FileManager.default.createDirectory(
                    atPath: "\($0.path)/more.ndb", withIntermediateDirectories: false)
            }
        ),
        (
            "a link that leads nowhere", .refused("more.ndb"),
            {
                try FileManager.default.createSymbolicLink(
                    atPath: "\($0.path)/more.ndb", withDestinationPath: "/nowhere")
            }
        ),
    ]

    private static let modes: [PatternMatching] = [.whole, .filtered]

    @Test(arguments: sets.indices, modes)
    func `a set serves or is refused at a handover`(index: Int, matching: PatternMatching) async throws {
        let (name, fate, deed) = Self.sets[index]
        let live = try await LiveSignatures(matching: matching)
        try deed(live.fixture.signatures)
        switch fate {
        case .taken:
            try await live.lines.next("signatures switched")
            #expect(live.fixture.scanners.signatures.refusal == nil, "\(name)")
        case .refused(let words):
            let line = try await live.lines.next("signatures refused")
            #expect(line.contains(words), "\(name): \(line)")
            #expect(live.fixture.scanners.signatures.refusal != nil)
            #expect(try live.fixture.scanners.description() == live.fixture.engine)
        }
        // EICAR is found before and after, whichever set serves.
        #expect(Verdict(of: try await live.fixture.scan(eicar).findings) == .infected)
        try await live.untilAlone()
        _ = await live.fixture.scanners.stop()
    }

    @Test(arguments: sets.indices, modes)
    func `a set serves or is refused at a start`(index: Int, matching: PatternMatching) async throws {
        let (name, fate, deed) = Self.sets[index]
        let folder = try ScannerFixture.signatureFolder()
        try deed(folder)
        switch fate {
        case .taken:
            let fixture = try await ScannerFixture {
                $0.signatures = folder.path
                $0.matching = matching
            }
            #expect(Verdict(of: try await fixture.scan(eicar).findings) == .infected, "\(name)")
            _ = await fixture.scanners.stop()
        case .refused(let words):
            let error = await #expect(throws: ScannerError.self) {
                _ = try await ScannerFixture {
                    $0.signatures = folder.path
                    $0.matching = matching
                }
            }
            #expect(error?.code == .start)
            #expect(error?.description.contains(words) == true, "\(name): \(String(describing: error))")
        }
    }
}
