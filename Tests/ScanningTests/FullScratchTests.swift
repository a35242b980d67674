import Domain
import Foundation
import Inspection
import Judging
import ScannerTestKit
import TestKit
import Testing

/// A disk under scratch that is full is told as that, and never as a clean object.
@Suite(
    .timeLimit(.minutes(1)), .enabled(if: SmallDisk.isPossible, "a full disk is made by mounting a small one"))
struct FullScratchTests {
    private func fixture(_ disk: SmallDisk, limit: Int64? = nil) async throws -> ScannerFixture {
        let fixture = try await ScannerFixture {
            $0.scratch = disk.path
            $0.scratchLimit = limit
        }
        // From then on there is a child, which writes nothing until it is asked to scan.
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

    @Test func `nothing is clean on a full disk and everything is once there is room`() async throws {
        let disk = try SmallDisk(bytes: 16 << 20)
        let fixture = try await fixture(disk)
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

    /// The disk fills up as the object is unpacked, and has room again when the scan is over.
    @Test(arguments: ["zip", "tar.gz", "zstd"])
    func `a member for which there is no room is told as that`(_ form: String) async throws {
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

    @Test func `what comes to its own bound did not meet a full disk`() async throws {
        let disk = try SmallDisk(bytes: 48 << 20)
        let fixture = try await fixture(disk, limit: 8 << 20)
        let report = try await fixture.scan(try ContainerSamples.zip([UInt8](repeating: 0x61, count: 12 << 20)))
        #expect(!report.metFullScratch && Verdict(of: report.findings) == .unscannable, "\(report.findings)")
        _ = await fixture.scanners.stop()
    }

    @Test func `what is found beside a full disk counts`() async throws {
        let disk = try SmallDisk(bytes: 16 << 20)
        let fixture = try await fixture(disk)
        try disk.fill()
        let report = try await fixture.scan(eicar)
        #expect(Verdict(of: report.findings) == .infected && !report.metFullScratch)
        _ = await fixture.scanners.stop()
    }
}
