import Domain
import Foundation
import Inspection
import Judging
import ScanProtocol
import ScannerTestKit
import TestKit
import Testing

@testable import Scanning

/// The rules for the verdict "clean" with libclamav 1.4. Three have their tests elsewhere: 8, the engine's ceiling, in
/// CeilingTests; 12, the canary in the sandbox, in SandboxTests; 15, the handover of signatures, in SignatureSetTests
/// and SignatureSwitchTests.
@Suite(.heavy, .timeLimit(.minutes(3)))
struct RuleTests {
    private static let words = Array("words that nobody minds, a line of them\n".utf8)
    private static let everything = ScanLimits()
    private static let budget = ScanBudget(everything, start: .init(wall: 0))

    private static func pass(_ kind: Pass.Kind, _ limits: ScanLimits = everything) -> Pass {
        Pass(kind: kind, descriptor: -1, range: 0..<100, level: 0, budget: ScanBudget(limits, start: .init(wall: 0)))
    }

    @Test func `rule 1: clean requires the engine's report that it scanned the object`() async throws {
        let child = try ScannerChildFixture()
        let facts = try await child.scan(Self.words)
        #expect(facts.isRootSeen && facts.code == 0 && facts.alerts.isEmpty && facts.warningCount == 0)
        #expect(facts.rootType == "CL_TYPE_TEXT_ASCII")
        // For five bytes the engine reports nothing at all.
        let short = try await child.scan(Array("words".utf8))
        #expect(!short.isRootSeen && short.bytesRead == 5)
    }

    @Test func `rule 2: content that the engine did not inspect is an alert, and hides no match`() async throws {
        let child = try ScannerChildFixture()
        // One encrypted member and one that is not.
        let mixed = try python(
            """
            import zipfile
            out = io.BytesIO()
            with zipfile.ZipFile(out, 'w') as z:
                z.writestr('secret.txt', bytes(range(256)))
                z.writestr('open.txt', data)
            b = bytearray(out.getvalue())
            b[6] |= 1
            b[b.find(b'PK\\x01\\x02') + 8] |= 1
            sys.stdout.buffer.write(bytes(b))
            """, input: eicar)
        let facts = try await child.scan(mixed)
        #expect(facts.alerts.contains("Heuristics.Encrypted.Zip"))
        #expect(facts.alerts.contains(ScannerFixture.signatureName))
        #expect(facts.gaps.map(\.kind).contains(.encrypted))
        let mark = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
        let png = Array(Data(base64Encoded: mark)!.prefix(40))
        #expect(try await child.scan(png).alerts.contains { $0.hasPrefix("Heuristics.Broken") })
        #expect(Self.pass(.parse).general & 0x8 == 0, "no precedence for heuristics")
    }

    @Test func `rule 3: a warning is reported`() async throws {
        let child = try ScannerChildFixture()
        let xz = try python("import lzma; sys.stdout.buffer.write(lzma.compress(bytes(range(256)) * 50)[:-30])")
        let facts = try await child.scan(xz)
        #expect(facts.warningCount > 0 && !facts.warnings.isEmpty)
    }

    @Test func `rule 4: a member cut at the size limit is counted`() async throws {
        let child = try ScannerChildFixture()
        let zip = try ContainerSamples.zip([UInt8](repeating: 0, count: 300_000))
        #expect(try await child.scan(zip, limits: ScanLimits(maxScanSize: 100_000)).cutLayers > 0)
        #expect(try await child.scan(zip).cutLayers == 0)
    }

    @Test func `rule 5: types that one pass does not match get further passes`() async throws {
        let child = try ScannerChildFixture()
        let id3 = Array("ID3".utf8) + [3, 0, 0, 0, 0, 0, 0]
        let page = Array("<html><body>words ".utf8)
        let samples: [(String, [UInt8])] = [
            ("audio", id3 + eicar), ("audio in zip", try ContainerSamples.zip(id3 + Self.words + eicar, name: "a.mp3")),
            ("a zip after an Ogg magic number", Array("OggS".utf8) + (try ContainerSamples.zip(eicar))),
            ("a page", page + eicar), ("a page in tar", try ContainerSamples.tar(page + eicar)),
            ("a page of 41 MiB", page + [UInt8](repeating: 0x20, count: 41 << 20) + eicar),
        ]
        for (name, bytes) in samples {
            let facts = try await child.scan(bytes)
            #expect(facts.alerts == [ScannerFixture.signatureName], "\(name)")
            #expect(facts.unmatchedLayers == 0, "\(name)")
        }
    }

    @Test func `rule 5: every file of an album is matched`() async throws {
        let child = try ScannerChildFixture()
        let album = try python(
            """
            import zipfile
            out = io.BytesIO()
            with zipfile.ZipFile(out, 'w') as z:
                for i in range(150):
                    z.writestr(f'{i}.mp3', b'ID3' + bytes(7) + f'sound {i}'.encode() * 20 + (data if i == 140 else b''))
            sys.stdout.buffer.write(out.getvalue())
            """, input: eicar)
        let facts = try await child.scan(album)
        #expect(facts.gaps == [] && facts.unmatchedLayers == 0)
        #expect(facts.alerts == [ScannerFixture.signatureName])
    }

    @Test func `rule 6: containers that the engine does not open are extracted or reported`() async throws {
        let child = try ScannerChildFixture()
        #expect(try await child.scan(ContainerSamples.rar(eicar)).alerts == [ScannerFixture.signatureName])
        let image = [UInt8](repeating: 0, count: 1024)
        var ext = image + image
        (ext[1024 + 56], ext[1024 + 57], ext[1024 + 76]) = (0x53, 0xEF, 1)
        ext[1024 + 58] = 1
        // 16 inodes, 64 blocks, the first data block, 64 blocks in a group.
        (ext[1024], ext[1028], ext[1044], ext[1056]) = (16, 64, 1, 64)
        let kinds = Set(try await child.scan(ext).gaps.map(\.kind))
        #expect(kinds == [.unopened])
    }

    static let zips: [(String, String)] = [
        ("no directory", "b = b[:b.find(b'PK\\x01\\x02')]"),
        ("cut", "b = b[:-30]"),
        (
            "an entry that is not in the directory",
            "i = b.find(b'PK\\x01\\x02'); b = b[:i] + b[:i].replace(b'a.txt', b'b.txt') + b[i:]; b = b[:-6] + (i * 2).to_bytes(4, 'little') + b[-2:]"
        ),
        ("another size in the local header", "b = b[:18] + (1).to_bytes(4, 'little') + b[22:]"),
        ("another method in the local header", "b = b[:8] + b'\\x00\\x00' + b[10:]"),
    ]

    @Test(arguments: zips) func `rule 7: a ZIP in which readers would see different files is reported`(
        name: String, change: String
    )
        async throws
    {
        let child = try ScannerChildFixture()
        let zip = try python(
            """
            import zipfile
            out = io.BytesIO()
            with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('a.txt', data)
            b = out.getvalue()
            \(change)
            sys.stdout.buffer.write(b)
            """, input: Self.words)
        for (place, bytes) in [("", zip), ("in a tar: ", try ContainerSamples.tar(zip))] {
            let kinds = try await child.scan(bytes).gaps.map(\.kind)
            #expect(kinds.contains(.malformed) || kinds.contains(.truncated), "\(place)\(name): \(kinds)")
        }
    }

    @Test func `rule 9: an earlier clean result is not reused`() async throws {
        let child = try ScannerChildFixture()
        let zip = try ContainerSamples.zip(Self.words)
        let (first, second) = (try await child.scan(zip), try await child.scan(zip))
        #expect(first.layers == 2 && second.layers == 2)
    }

    @Test func `rule 10: metadata is not collected`() {
        #expect(Self.pass(.parse).general & 0x2 == 0)
    }

    /// The engine gives its temporary folders random names: children that shared a folder, or a random seed, would
    /// delete each other's files and answer "clean".
    @Test func `rule 11: children do not share their temporary files`() async throws {
        let fixture = try await ScannerFixture(children: 2)
        let zip = try ContainerSamples.zip(eicar)
        let verdicts = try await withThrowingTaskGroup(of: Verdict.self) { group in
            for _ in 0..<400 { group.addTask { Verdict(of: try await fixture.scan(zip).findings) } }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(verdicts == [.infected: 400])
        let folder = "\(fixture.scratch.path)/lazaret-scanner.\(fixture.process)"
        _ = try await fixture.children(2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["0", "1"])
        _ = await fixture.scanners.stop()
    }

    @Test func `rule 13: the time limit covers everything that is unpacked`() async throws {
        let child = try ScannerChildFixture()
        let noise = [UInt8]((0..<6_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) })
        let facts = try await child.scan(ContainerSamples.zstd(noise), limits: ScanLimits(timeout: .milliseconds(1)))
        #expect(facts.gaps.contains { $0.kind == .outOfTime } || facts.alerts.contains { $0.hasSuffix("MaxScanTime") })
    }

    @Test func `rule 14: images are hashed only if the pipeline asks for it`() {
        #expect(Self.pass(.parse).parsers == 0xFFF)
        #expect(Self.pass(.parse, ScanLimits(hashesImages: true)).parsers == 0x1FFF)
        #expect(Self.pass(.raw, ScanLimits(hashesImages: true)).parsers == 0)
    }

    @Test func `a text of any size is matched in its normalised form`() async throws {
        // A signature for normalised text: lower case, with runs of spaces collapsed.
        let row = "Lazaret.Test.Norm:7:*:" + hexadecimalText(Array("only in its normal form".utf8)) + "\n"
        let child = try ScannerChildFixture(signatures: ["norm.ndb": row])
        let line = Array("a line of words, and another one\n".utf8)
        var text = [UInt8]((0..<800_000).flatMap { _ in line })
        text += Array("ONLY   IN its Normal    FORM\n".utf8)
        #expect(text.count > 25_000_000)
        #expect(try await child.scan(text).alerts == ["Lazaret.Test.Norm.UNOFFICIAL"])
    }

    @Test func `an encrypted office document is reported at any depth`() async throws {
        let child = try ScannerChildFixture()
        let document = try python(
            """
            import struct
            def entry(name, kind, start=0, size=0):
                text = name.encode('utf-16-le') + b'\\0\\0'
                return text.ljust(64, b'\\0') + struct.pack('<HBBIII', len(text), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, 1) \\
                    + bytes(36) + struct.pack('<IQ', start, size)
            header = bytes.fromhex('D0CF11E0A1B11AE1') + bytes(16) + struct.pack('<HHHHH', 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
            header += struct.pack('<IIIIIIIII', 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack('<I', 0)
            header += b'\\xff' * (512 - len(header))
            fat = struct.pack('<II', 0xFFFFFFFD, 0xFFFFFFFE) + b'\\xff' * 504
            name = 'EncryptedPackage' if data == b'1' else 'PowerPoint Document'
            directory = entry('Root Entry', 5) + entry('EncryptionInfo', 2) + entry(name, 2) + bytes(128)
            sys.stdout.buffer.write(header + fat + directory)
            """, input: Array("1".utf8))
        for (place, bytes) in [
            ("", document), ("zip", try ContainerSamples.zip(document)), ("tar", try ContainerSamples.tar(document)),
        ] {
            #expect(try await child.scan(bytes).gaps.map(\.kind) == [.encrypted], "\(place)")
        }
    }

    @Test func `a RAR appended to a program is extracted, and its magic number alone is ignored`() async throws {
        let child = try ScannerChildFixture()
        let program =
            [0x4D, 0x5A] + [UInt8](repeating: 0, count: 58) + [0x40, 0, 0, 0] + [UInt8](repeating: 7, count: 900)
        let mark = Array("Rar!".utf8) + [0x1A, 7, 0]
        var facts = try await child.scan(program + ContainerSamples.rar(eicar))
        #expect(facts.alerts == [ScannerFixture.signatureName])
        #expect(facts.unopened == [])
        facts = try await child.scan(program + ContainerSamples.rar(Self.words, isEncrypted: true))
        #expect(facts.gaps.map(\.kind).contains(.encrypted))
        facts = try await child.scan(Array(program.dropFirst(2)) + mark + [UInt8](repeating: 9, count: 300))
        #expect(facts.gaps == [] && facts.extracted == 0)
    }

    @Test(arguments: [true, false]) func `an OpenDocument manifest that declares encryption is reported`(
        isEncrypted: Bool
    )
        async throws
    {
        let child = try ScannerChildFixture()
        let manifest = """
            <?xml version="1.0"?>
            <manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
            <manifest:file-entry manifest:full-path="content.xml">\(isEncrypted ? "<manifest:encryption-data/>" : "")
            </manifest:file-entry></manifest:manifest>
            """
        let document = try ContainerSamples.zip(Array(manifest.utf8), name: "META-INF/manifest.xml")
        let kinds = try await child.scan(document).gaps.map(\.kind)
        #expect(kinds == (isEncrypted ? [.encrypted] : []))
    }

    @Test func `the limits are counted over all passes`() throws {
        let limits = ScanLimits(maxScanSize: 100, maxFiles: 10, maxRecursion: 3)
        let budget = ScanBudget(limits, start: .init())
        let remaining = try budget.remaining(level: 1, files: 4, bytes: 60)
        #expect(remaining.levels == 2 && remaining.files == 6 && remaining.bytes == 40)
        func kind(_ level: Int, _ files: Int64, _ bytes: Int64) -> ScanGap.Kind? {
            do throws(ScanBudget.Exhausted) {
                _ = try budget.remaining(level: level, files: files, bytes: bytes)
                return nil
            } catch { return error.kind }
        }
        #expect(kind(3, 0, 0) == .tooDeep)
        #expect(kind(0, 10, 0) == .tooManyFiles)
        #expect(kind(0, 0, 100) == .tooManyBytes)
        #expect(kind(2, 9, 99) == nil)
        #expect(ScanBudget(ScanLimits(timeout: .zero), start: .init(wall: now() - 10)).millisecondsLeft <= 0)
    }
}
