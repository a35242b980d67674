import Domain
import Foundation
import ScanProtocol
import ScannerTestKit
import TestKit
import Testing

/// NSIS installers and ARJ archives of every packing: what is in them is found, and honest ones have no gap.
@Suite(.heavy, .timeLimit(.minutes(3)))
struct InstallerTests {
    private static let found = ScannerFixture.signatureName
    private static let packings = ["off", "zlib", "bzip2", "lzma", "/SOLID zlib", "/SOLID bzip2", "/SOLID lzma"]

    /// What a shell command writes to standard output, in a folder with a file `payload` and a few more.
    private static func packed(_ payload: [UInt8], _ command: String) throws -> [UInt8] {
        let folder = try TemporaryDirectory()
        let words = Array(String(repeating: "words that nobody minds, a line of them\n", count: 400).utf8)
        for (name, bytes) in [("payload", payload), ("words.txt", words)] {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
        }
        let tool = try Tool.run(["sh", "-c", "cd '\(folder.path)'; { \(command); } >&2; cat out"])
        try #require(tool.status == 0)
        return tool.output
    }

    private static func installer(_ packing: String, _ payload: [UInt8]) throws -> [UInt8] {
        let compressor = packing == "off" ? "SetCompress off" : "SetCompressor \(packing)"
        let script = [
            compressor, "OutFile out", "Name sample", "Section", "SetOutPath $INSTDIR", "File words.txt",
            "WriteUninstaller $INSTDIR\\\\remove.exe", "nsExec::Exec x", "SectionEnd", "Section Uninstall",
            "File payload", "SectionEnd",
        ].map { "echo '\($0)'" }.joined(separator: "; ")
        return try packed(payload, "{ \(script); } > a.nsi; makensis -V0 a.nsi")
    }

    @Test(arguments: packings) func `a file of an installer is found`(packing: String) async throws {
        let child = try ScannerChildFixture()
        let installer = try Self.installer(packing, eicar)
        var damaged = installer
        damaged.replaceSubrange(0..<2, with: [1, 2])
        let samples = [installer, damaged, try ContainerSamples.zip(installer, name: "setup.exe")]
        for sample in samples {
            let facts = try await child.scan(sample)
            #expect(facts.alerts == [Self.found])
        }
    }

    @Test(arguments: packings) func `an honest installer has no gap`(packing: String) async throws {
        let child = try ScannerChildFixture()
        for payload in [Array("honest".utf8), try ContainerSamples.zip(Array("honest words".utf8))] {
            let installer = try Self.installer(packing, payload)
            for sample in [installer, try ContainerSamples.zip(installer, name: "setup.exe")] {
                let facts = try await child.scan(sample)
                #expect(facts.alerts == [])
                #expect(facts.gaps == [])
            }
        }
    }

    @Test func `an installer that was cut has a gap`() async throws {
        let child = try ScannerChildFixture()
        for packing in Self.packings {
            let installer = try Self.installer(packing, eicar)
            let facts = try await child.scan(Array(installer.dropLast(200)))
            // What is left of the last block may decode to more than is unpacked.
            let kinds: Set<ScanGap.Kind> = [.truncated, .malformed, .tooManyBytes]
            #expect(
                facts.alerts == [Self.found] || facts.gaps.contains { kinds.contains($0.kind) },
                "\(packing): \(facts.gaps)")
        }
    }

    @Test(arguments: 0...4) func `a member of an ARJ is found`(method: Int) async throws {
        let child = try ScannerChildFixture()
        let archive = try Self.packed(eicar, "arj a -y -m\(method) out.arj words.txt payload; mv out.arj out")
        let program = [0x4D, 0x5A] + [UInt8](repeating: 0, count: 700)
        for sample in [
            archive, program + archive, try ContainerSamples.zip(archive), try ContainerSamples.tar(archive),
        ] {
            let facts = try await child.scan(sample)
            #expect(facts.alerts == [Self.found])
        }
    }

    @Test(arguments: 0...4) func `an honest ARJ has no gap`(method: Int) async throws {
        let child = try ScannerChildFixture()
        let archive = try Self.packed(
            ContainerSamples.zip(Array("honest words".utf8)),
            "arj a -y -m\(method) out.arj words.txt payload; mv out.arj out")
        for sample in [archive, try ContainerSamples.zip(archive)] {
            let facts = try await child.scan(sample)
            #expect(facts.alerts == [])
            #expect(facts.gaps == [])
        }
    }

    @Test func `what is behind the end of an ARJ is found`() async throws {
        let child = try ScannerChildFixture()
        let archive = try Self.packed(Array("honest".utf8), "arj a -y out.arj words.txt payload; mv out.arj out")
        let facts = try await child.scan(archive + eicar)
        #expect(facts.alerts == [Self.found])
    }

    @Test func `a garbled ARJ has a gap`() async throws {
        let child = try ScannerChildFixture()
        let archive = try Self.packed(eicar, "arj a -y -gsecret out.arj payload; mv out.arj out")
        let facts = try await child.scan(archive)
        #expect(facts.gaps.map(\.kind) == [.encrypted])
    }
}
