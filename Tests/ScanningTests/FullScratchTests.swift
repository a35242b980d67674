import Domain
import Foundation
import Inspection
import Judging
import ScanProtocol
import ScannerTestKit
import TestKit
import Testing

/// A full disk under scratch is reported as such, and no object is clean because of it.
@Suite(
    .heavy,
    .timeLimit(.minutes(1)), .enabled(if: SmallDisk.isPossible, "a full disk is made by mounting a small one"))
struct FullScratchTests {
    private func fixture(
        _ disk: SmallDisk, limit: Int64? = nil, _ matching: PatternMatching = .whole
    ) async throws -> ScannerFixture {
        let fixture = try await ScannerFixture {
            $0.matching = matching
            $0.scratch = disk.path
            $0.scratchLimit = limit
        }
        // From here on there is a child, which writes nothing before its next scan.
        #expect(try await fixture.scan([1]).findings == [])
        return fixture
    }

    private static let mail = """
        From: a@example.com
        To: b@example.com
        Subject: words
        MIME-Version: 1.0
        Content-Type: multipart/mixed; boundary="x"

        --x
        Content-Type: text/plain

        words
        --x
        Content-Type: application/octet-stream; name="a.bin"
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename="a.bin"

        d29yZHMgdGhhdCBub2JvZHkgbWluZHM=
        --x--

        """

    private static func samples() throws -> [(String, [UInt8])] {
        let words = Array("words that nobody minds, a line of them\n".utf8)
        return [
            ("zip", try ContainerSamples.zip(words)), ("tar.gz", try ContainerSamples.tar(words, mode: "w:gz")),
            ("zstd", ContainerSamples.zstd(words)),
            ("mail", Array(mail.utf8)),
        ]
    }

    @Test(arguments: [PatternMatching.whole, .filtered])
    func `nothing is clean on a full disk, and everything is once there is space`(
        _ matching: PatternMatching
    ) async throws {
        let disk = try SmallDisk(bytes: 16 << 20)
        let fixture = try await fixture(disk, matching)
        try disk.fill()
        for (name, bytes) in try Self.samples() {
            let report = try await fixture.scan(bytes)
            #expect(report.metFullScratch, "\(name): \(report.findings)")
            #expect(
                Verdict(of: report.findings) == .unscannable && report.evidence.limits.contains("resources"), "\(name)")
        }
        try disk.makeRoom()
        for (name, bytes) in try Self.samples() {
            let report = try await fixture.scan(bytes)
            #expect(!report.metFullScratch && report.findings == [], "\(name)")
        }
        _ = await fixture.scanners.stop()
    }

    /// The disk fills up while the object is unpacked, and has free space after the scan.
    @Test(arguments: ["zip", "tar.gz", "zstd"])
    func `a member that does not fit on the disk is reported as a full disk`(_ form: String) async throws {
        let words = [UInt8](repeating: 0x61, count: 12 << 20)
        let bytes =
            switch form {
            case "zip": try ContainerSamples.zip(words)
            case "tar.gz": try ContainerSamples.tar(words, mode: "w:gz")
            default: ContainerSamples.zstd(words)
            }
        let disk = try SmallDisk(bytes: 48 << 20)
        let fixture = try await fixture(disk)
        try disk.fill(leaving: 6 << 20)
        let report = try await fixture.scan(bytes)
        #expect(report.metFullScratch && Verdict(of: report.findings) == .unscannable, "\(report.findings)")
        try disk.makeRoom()
        #expect(try await fixture.scan(bytes).findings == [])
        _ = await fixture.scanners.stop()
    }

    @Test func `a scratch limit that is hit is not a full disk`() async throws {
        let disk = try SmallDisk(bytes: 48 << 20)
        let fixture = try await fixture(disk, limit: 8 << 20)
        let report = try await fixture.scan(try ContainerSamples.zip([UInt8](repeating: 0x61, count: 12 << 20)))
        #expect(!report.metFullScratch && Verdict(of: report.findings) == .unscannable, "\(report.findings)")
        _ = await fixture.scanners.stop()
    }

    /// With a filter, the second engine finds it.
    @Test(arguments: [PatternMatching.whole, .filtered])
    func `a signature found despite a full disk counts`(_ matching: PatternMatching) async throws {
        let disk = try SmallDisk(bytes: 16 << 20)
        let fixture = try await fixture(disk, matching)
        #expect(fixture.engine.matching.isFiltered == (matching == .filtered))
        try disk.fill()
        let report = try await fixture.scan(eicar)
        #expect(Verdict(of: report.findings) == .infected && !report.metFullScratch)
        _ = await fixture.scanners.stop()
    }
}
