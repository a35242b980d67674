import Domain
import ScanProtocol
import ScannerTestKit
import Testing

/// Every layer is treated alike, at any depth: what one reader takes out of it is inspected, or the object has a gap.
@Suite(.timeLimit(.minutes(2)))
struct LayerWalkTests {
    private static let found = ScannerFixture.signatureName

    /// Scans a sample alone, in a ZIP, and in a tar in a ZIP.
    private func scan(_ sample: [UInt8], with child: ScannerChildFixture) async throws -> [(String, ScanFacts)] {
        let packed = try ContainerSamples.zip(sample, name: "sample")
        let twice = try ContainerSamples.zip(try ContainerSamples.tar(sample), name: "outer.tar")
        return [
            ("alone", try await child.scan(sample)), ("in a ZIP", try await child.scan(packed)),
            ("in a tar in a ZIP", try await child.scan(twice)),
        ]
    }

    @Test func `a member is inspected whatever its mode`() async throws {
        let child = try ScannerChildFixture()
        let modes = [0o140644, 0o040755, 0o020644, 0o060644, 0o010644, 0o120777, 0o644, 0]
        for mode in modes {
            for method in ["ZIP_STORED", "ZIP_DEFLATED", "ZIP_BZIP2", "ZIP_LZMA"] {
                let sample = try Self.zip(eicar, method: method, mode: mode)
                for (place, facts) in try await scan(sample, with: child) {
                    let comment = "\(method), \(String(mode, radix: 8)), \(place): \(facts.gaps)"
                    #expect(facts.alerts.contains(Self.found), "\(comment)")
                }
            }
            for flags in [0, 0xE0] {
                let sample = try Self.rar(eicar, mode: mode, flags: flags)
                for (place, facts) in try await scan(sample, with: child) {
                    let comment = "RAR, \(String(mode, radix: 8)), \(place): \(facts.gaps)"
                    #expect(facts.alerts.contains(Self.found), "\(comment)")
                }
            }
        }
    }

    @Test func `a folder and a link are no members with content`() async throws {
        let child = try ScannerChildFixture()
        let sample = try python(
            """
            import tarfile, zipfile
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode='w') as t:
                for name, kind in (('d', tarfile.DIRTYPE), ('l', tarfile.SYMTYPE), ('f', tarfile.FIFOTYPE)):
                    entry = tarfile.TarInfo(name); entry.type = kind
                    if kind == tarfile.SYMTYPE: entry.linkname = 'words.txt'
                    t.addfile(entry)
            room = io.BytesIO()
            with zipfile.ZipFile(room, 'w') as z:
                z.writestr(zipfile.ZipInfo('folder/'), b'')
                link = zipfile.ZipInfo('link'); link.create_system = 3; link.external_attr = 0o120777 << 16
                z.writestr(link, b'words.txt')
                z.writestr('members.tar', out.getvalue())
            sys.stdout.buffer.write(room.getvalue())
            """)
        let facts = try await child.scan(sample)
        #expect(facts.gaps == [])
        #expect(facts.alerts == [])
    }

    @Test func `a streamed ZIP is opened behind anything`() async throws {
        let child = try ScannerChildFixture()
        let archive = try Self.streamedZip(eicar)
        let heads: [(String, [UInt8])] = [
            (
                "a browser extension",
                Array("Cr24".utf8) + [3, 0, 0, 0, 16, 0, 0, 0] + Array(repeating: 0x12, count: 16)
            ),
            ("noise", (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 197 &+ ($0 >> 3)) }),
            ("a program", [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0x90, count: 700)),
            (
                "a picture",
                [0xFF, 0xD8, 0xFF, 0xE0, 0, 0x10] + Array("JFIF\0".utf8) + [1, 1, 0, 0, 1, 0, 1, 0, 0, 0xFF, 0xD9]
            ),
            ("a line of text", Array("words that nobody minds\n".utf8)),
        ]
        for (name, head) in heads {
            for (place, facts) in try await scan(head + archive, with: child) {
                #expect(facts.alerts.contains(Self.found), "\(name), \(place): \(facts.gaps)")
            }
        }
    }

    @Test func `the last volume of a split ZIP is a gap`() async throws {
        let child = try ScannerChildFixture()
        let archive = try Self.streamedZip(eicar + [UInt8](repeating: 0x41, count: 3000))
        for (place, facts) in try await scan(Array(archive.dropFirst(40)), with: child) {
            #expect(!facts.gaps.isEmpty, "\(place)")
        }
    }

    @Test func `a RAR and a 7z are opened behind anything`() async throws {
        let child = try ScannerChildFixture()
        let heads = [
            Array("MZ".utf8) + [UInt8](repeating: 0x90, count: 500), Array("GIF89a words".utf8),
            Array("Rar! 7z and words about them\n".utf8),
        ]
        let archives = [
            try ContainerSamples.rar(eicar), try ContainerSamples.sevenZip(eicar, ["-t7z"]),
            try ContainerSamples.sevenZip(eicar, ["-t7z", "-m0=BZip2"]),
        ]
        for (number, archive) in archives.enumerated() {
            guard let archive else { continue }
            for head in heads {
                for (place, facts) in try await scan(head + archive, with: child) {
                    #expect(facts.alerts.contains(Self.found), "\(number), \(place): \(facts.gaps)")
                }
            }
        }
    }

    @Test func `a form that nothing opens is refused at every depth`() async throws {
        let child = try ScannerChildFixture()
        let samples: [(String, [UInt8])] = [
            ("Snappy", [0xFF, 6, 0, 0] + Array("sNaPpY".utf8) + [UInt8](repeating: 7, count: 400)),
            ("SquashFS", Array("hsqs".utf8) + [UInt8](repeating: 7, count: 4000)),
            (
                "StuffIt",
                Array("SIT!".utf8) + [0, 1, 0, 0, 1, 0] + Array("rLau".utf8) + Array(repeating: 1, count: 200)
            ),
            ("XFS", Array("XFSB".utf8) + [UInt8](repeating: 3, count: 3000)),
            (
                "XFS with a ZIP in it",
                Array("XFSB".utf8) + [UInt8](repeating: 3, count: 3000)
                    + (try ContainerSamples.zip(Array("words that nobody minds".utf8)))
            ),
        ]
        for (name, sample) in samples {
            for (place, facts) in try await scan(sample, with: child) {
                #expect(facts.gaps.contains { $0.kind == .unopened }, "\(name), \(place): \(facts.gaps)")
            }
        }
    }

    @Test func `an installer that cannot be unpacked is no proof`() async throws {
        let child = try ScannerChildFixture()
        let mark: [UInt8] = [0, 0, 0, 0, 0xEF, 0xBE, 0xAD, 0xDE] + Array("NullsoftInst".utf8)
        // One deflate stream, and a file with a length of its own.
        for data: [UInt8] in [[0xED, 0xBD, 0x0B, 0x78], [0x40, 0, 0, 0x80]] {
            let header = mark + [0x5A, 0x0F, 0, 0, 0xED, 0x48, 0, 0] + data
            let sample = Array("a head".utf8) + header + [UInt8](repeating: 7, count: 400)
            for (place, facts) in try await scan(sample, with: child) {
                let kinds: Set<ScanGap.Kind> = [.malformed, .truncated]
                #expect(facts.gaps.contains { kinds.contains($0.kind) }, "\(place): \(facts.gaps)")
            }
        }
    }

    @Test func `a volume of HFS+ that cannot be listed is no proof, whatever is found in it`() async throws {
        let child = try ScannerChildFixture()
        let volume = [UInt8](repeating: 0, count: 1024) + [0x48, 0x2B, 0, 4] + [UInt8](repeating: 3, count: 3000)
        let archive = try ContainerSamples.zip(Array("words that nobody minds".utf8))
        for sample in [volume, volume + archive] {
            for (place, facts) in try await scan(sample, with: child) {
                #expect(facts.gaps.contains { $0.kind == .malformed }, "\(place): \(facts.gaps)")
            }
        }
    }

    @Test func `a finding names the parts that lead to it`() async throws {
        let child = try ScannerChildFixture()
        let packed = try ContainerSamples.zip(try ContainerSamples.tar(eicar, name: "payload.exe"), name: "report.tar")
        var facts = try await child.scan(packed)
        #expect(facts.alertPaths == ["report.tar/payload.exe"])
        #expect(facts.forms.contains(FormCount(form: "zip", opener: .libarchive, layers: 1)))
        #expect(facts.forms.contains(FormCount(form: "tar", opener: .libarchive, layers: 1)))
        let locked = try ContainerSamples.rar(Array("words that nobody minds".utf8), isEncrypted: true)
        facts = try await child.scan(try ContainerSamples.zip(locked, name: "locked.rar"))
        #expect(facts.gaps.map(\.path) == ["locked.rar/a.txt"])
    }

    @Test func `bytes of no known form are refused if the pipeline says so`() async throws {
        let child = try ScannerChildFixture()
        let noise = (1...2000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
        for (place, facts) in try await scan(noise, with: child) { #expect(facts.gaps == [], "\(place)") }
        let strict = ScanLimits(unknown: .unscannable)
        for sample in [noise, try ContainerSamples.zip(noise)] {
            let facts = try await child.scan(sample, limits: strict)
            #expect(facts.gaps.map(\.kind) == [.unknownForm])
        }
        let text = try ContainerSamples.zip(Array("words that nobody minds\n".utf8))
        #expect(try await child.scan(text, limits: strict).gaps == [])
    }

    @Test func `the same bytes are walked once`() async throws {
        let child = try ScannerChildFixture()
        // Eight levels of eight equal archives: 16 million leaves.
        let sample = try python(
            """
            import zipfile
            inner = b'words that nobody minds, a line of them'
            for level in range(8):
                room = io.BytesIO()
                with zipfile.ZipFile(room, 'w', zipfile.ZIP_DEFLATED) as z:
                    for number in range(8): z.writestr(str(number), inner)
                inner = room.getvalue()
            sys.stdout.buffer.write(inner)
            """)
        let (facts, time) = try await child.timedScan(
            sample, limits: ScanLimits(timeout: .seconds(60), maxFiles: 1000))
        #expect(facts.gaps.contains { $0.kind == .tooManyFiles } || !facts.alerts.isEmpty)
        #expect(time < .seconds(30))
    }

    private static func zip(_ bytes: [UInt8], method: String, mode: Int) throws -> [UInt8] {
        try python(
            """
            import zipfile
            out = io.BytesIO()
            with zipfile.ZipFile(out, 'w') as z:
                entry = zipfile.ZipInfo('a.com'); entry.compress_type = zipfile.\(method)
                entry.create_system = 3; entry.external_attr = \(mode) << 16
                z.writestr(entry, data)
            sys.stdout.buffer.write(out.getvalue())
            """, input: bytes)
    }

    /// A ZIP as programs write it to a pipe: the sizes are in data descriptors.
    private static func streamedZip(_ bytes: [UInt8]) throws -> [UInt8] {
        try python(
            """
            import zipfile
            class Pipe(io.RawIOBase):
                def __init__(self): self.bytes = b''
                def writable(self): return True
                def write(self, more): self.bytes += bytes(more); return len(more)
            out = Pipe()
            with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('a.com', data)
            sys.stdout.buffer.write(out.bytes)
            """, input: bytes)
    }

    private static func rar(_ bytes: [UInt8], mode: Int, flags: Int) throws -> [UInt8] {
        try python(
            """
            import struct, zlib
            def block(body): return struct.pack('<H', zlib.crc32(body) & 0xFFFF) + body
            name = b'a.com'
            head = struct.pack('<BHHIIBIIBBHI', 0x74, 0x8000 | \(flags), 32 + len(name), len(data), len(data), 3,
                zlib.crc32(data), 0x4A000000, 20, 0x30, len(name), \(mode)) + name
            out = b'Rar!\\x1a\\x07\\x00' + block(struct.pack('<BHH', 0x73, 0, 13) + bytes(6))
            out += block(head) + data + block(struct.pack('<BHH', 0x7B, 0x4000, 7))
            sys.stdout.buffer.write(out)
            """, input: bytes)
    }
}
