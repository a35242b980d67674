import Domain
import ScanProtocol
import ScannerTestKit
import TestKit
import Testing

/// Members that the engine missed are extracted and inspected, or are gaps.
@Suite(.heavy, .timeLimit(.minutes(2)))
struct MemberCoverageTests {
    private static let words = Array("words that nobody minds, a line of them\n".utf8)
    private static let found = ["\(ScannerFixture.signatureName)"]

    @Test func `a container that the engine opens is not unpacked again`() async throws {
        let child = try ScannerChildFixture()
        let samples: [(String, [UInt8], UInt32)] = [
            ("zip", try ContainerSamples.zip(Self.words), 1),
            ("stored zip", try ContainerSamples.zip(Self.words, method: "ZIP_STORED"), 1),
            ("tar", try ContainerSamples.tar(Self.words), 1),
            ("tar.gz", try ContainerSamples.tar(Self.words, mode: "w:gz"), 2),
            ("tar.bz2", try ContainerSamples.tar(Self.words, mode: "w:bz2"), 2),
            ("tar.xz", try ContainerSamples.tar(Self.words, mode: "w:xz"), 2),
            ("zip in zip in zip", try ContainerSamples.zip(ContainerSamples.zip(ContainerSamples.zip(Self.words))), 3),
            ("plain", Self.words, 0),
        ]
        for (name, bytes, deepest) in samples {
            let facts = try await child.scan(bytes)
            #expect(facts.gaps == [], "\(name)")
            #expect(facts.extracted == 0, "\(name)")
            #expect(facts.deepest == deepest, "\(name)")
            #expect(facts.layers == deepest + 1, "\(name)")
            #expect(facts.bytesRead == Int64(bytes.count))
        }
    }

    @Test func `containers that only libarchive opens are inspected`() async throws {
        let child = try ScannerChildFixture()
        let samples: [(String, ([UInt8]) throws -> [UInt8]?, deepest: UInt32)] = [
            ("zstd", { ContainerSamples.zstd($0) }, 1),
            ("ar", { ContainerSamples.ar($0) }, 1),
            ("rar", { try ContainerSamples.rar($0) }, 1),
            (
                "lzma",
                {
                    try python(
                        "import lzma; sys.stdout.buffer.write(lzma.compress(data, lzma.FORMAT_ALONE))", input: $0)
                }, 1
            ),
            ("tar in zstd", { ContainerSamples.zstd(try ContainerSamples.tar($0)) }, 2),
            ("zstd in tar", { try ContainerSamples.tar(ContainerSamples.zstd($0)) }, 2),
            (
                "zstd in zip in ar in zstd",
                { ContainerSamples.zstd(ContainerSamples.ar(try ContainerSamples.zip(ContainerSamples.zstd($0)))) }, 4
            ),
            (
                "two streams of bzip2",
                {
                    try python(
                        "import bz2; sys.stdout.buffer.write(bz2.compress(b'first of two') + bz2.compress(data))",
                        input: $0)
                }, 1
            ),
            ("7z by bzip2", { try ContainerSamples.sevenZip($0, ["-t7z", "-m0=BZip2"]) }, 1),
            ("7z by deflate", { try ContainerSamples.sevenZip($0, ["-t7z", "-m0=Deflate"]) }, 1),
            (
                "a second tar after the first one's end",
                { try ContainerSamples.tar(Self.words) + ContainerSamples.tar($0, mode: "w:gz") }, 2
            ),
        ]
        for (name, make, deepest) in samples {
            guard let clean = try make(Self.words + Self.words), let infected = try make(eicar) else { continue }
            var facts = try await child.scan(clean)
            #expect(facts.gaps == [], "\(name)")
            #expect(facts.extracted > 0, "\(name)")
            #expect(facts.deepest >= deepest, "\(name)")
            #expect(facts.alerts == [], "\(name)")
            facts = try await child.scan(infected)
            #expect(facts.alerts == Self.found, "\(name)")
            #expect(try await child.scratchNames() == [], "\(name)")
        }
    }

    @Test func `members that cannot be unpacked are gaps`() async throws {
        let child = try ScannerChildFixture()
        let gzip = try python("import gzip; sys.stdout.buffer.write(gzip.compress(bytes(range(256)) * 40))")
        let samples: [(String, [UInt8]?, ScanGap.Kind)] = [
            ("cut gzip", Array(gzip.dropLast(20)), .truncated),
            ("cut tar.bz2", Array(try ContainerSamples.tar(Self.words, mode: "w:bz2").dropLast(20)), .truncated),
            ("cut tar", Array(try ContainerSamples.tar(Self.words + Self.words).prefix(530)), .truncated),
            ("encrypted rar", try ContainerSamples.rar(Self.words, isEncrypted: true), .encrypted),
            ("encrypted 7z", try ContainerSamples.sevenZip(Self.words, ["-t7z", "-psecret"]), .encrypted),
            (
                "7z with encrypted names",
                try ContainerSamples.sevenZip(Self.words, ["-t7z", "-psecret", "-mhe=on"]),
                .encrypted
            ),
            (
                "zip with AES", try ContainerSamples.sevenZip(Self.words, ["-tzip", "-psecret", "-mem=AES256"]),
                .encrypted
            ),
            (
                "an unsupported disk image", Array("hsqs".utf8) + [UInt8](repeating: 7, count: 4000),
                .unopened
            ),
        ]
        for (name, bytes, kind) in samples {
            guard let bytes else { continue }
            for (place, packed) in [("", bytes), ("in a tar: ", try ContainerSamples.tar(bytes))] {
                let facts = try await child.scan(packed)
                #expect(facts.gaps.contains { $0.kind == kind }, "\(place)\(name): \(facts.gaps)")
            }
        }
    }

    @Test func `a container appended to a script is inspected`() async throws {
        let hash = String(
            decoding: try python("import hashlib; print(hashlib.sha256(data).hexdigest(), end='')", input: Self.hidden),
            as: UTF8.self)
        let child = try ScannerChildFixture(signatures: ["h.hsb": "\(hash):\(Self.hidden.count):Hidden:73\n"])
        let script = Array("#!/bin/sh\ntail -n +4 \"$0\" | tar xz\nexit 0\n".utf8)
        let payloads: [(String, [UInt8]?)] = [
            ("tar", try ContainerSamples.tar(Self.hidden)),
            ("tar.gz", try ContainerSamples.tar(Self.hidden, mode: "w:gz")),
            ("tar.bz2", try ContainerSamples.tar(Self.hidden, mode: "w:bz2")),
            ("tar.xz", try ContainerSamples.tar(Self.hidden, mode: "w:xz")),
            ("zip", try ContainerSamples.zip(Self.hidden)),
            ("tar.zst", ContainerSamples.zstd(try ContainerSamples.tar(Self.hidden))),
            ("7z", try ContainerSamples.sevenZip(Self.hidden, ["-t7z"])),
        ]
        for (name, payload) in payloads {
            guard let payload else { continue }
            for (place, packed) in [("", script + payload), ("in a tar: ", try ContainerSamples.tar(script + payload))]
            {
                let facts = try await child.scan(packed)
                #expect(facts.alerts == ["Hidden.UNOFFICIAL"], "\(place)\(name)")
                #expect(facts.gaps == [], "\(place)\(name)")
            }
            let cut = try await child.scan(script + payload.dropLast(payload.count / 3))
            #expect(
                ["zip", "tar"].contains(name) || cut.gaps.contains { [.truncated, .malformed].contains($0.kind) },
                "cut \(name)")
        }
        let plain = try await child.scan(script + Array("BZh91AY is how bzip2 begins, 7z and PK\u{3}\u{4}\n".utf8))
        #expect(plain.gaps == [])
        #expect(plain.extracted == 0)
    }

    private static let hidden = Array("a payload that only the hash of its file gives away\n".utf8)

    @Test func `extracted members count towards each limit`() async throws {
        let child = try ScannerChildFixture()
        let zeros = [UInt8](repeating: 0, count: 600_000)
        let packed = try ContainerSamples.tar(ContainerSamples.zstd(zeros))
        let cases: [(ScanLimits, ScanGap.Kind)] = [
            (ScanLimits(maxScanSize: 1_000_000), .tooManyBytes), (ScanLimits(maxFiles: 2), .tooManyFiles),
            (ScanLimits(maxRecursion: 2), .tooDeep),
        ]
        #expect(try await child.scan(packed).gaps == [])
        for (limits, kind) in cases {
            let facts = try await child.scan(packed, limits: limits)
            #expect(facts.gaps.contains { $0.kind == kind }, "\(kind): \(facts.gaps), \(facts.alerts)")
        }
    }

    @Test func `a signature found before a limit was hit is kept`() async throws {
        let child = try ScannerChildFixture()
        // The members over the limit are between two infected members, one level deeper.
        let packed = try python(
            """
            import zipfile
            def archive(*members):
                room = io.BytesIO()
                with zipfile.ZipFile(room, 'w', zipfile.ZIP_DEFLATED) as z:
                    for number, member in enumerate(members): z.writestr(str(number), member)
                return room.getvalue()
            large = archive(archive(bytes(900_000), bytes(900_000)), archive(bytes(900_000)))
            sys.stdout.buffer.write(archive(archive(data), large, large, archive(b'words ' * 9), archive(data)))
            """, input: eicar)
        let facts = try await child.scan(packed, limits: ScanLimits(maxScanSize: 1_000_000))
        #expect(facts.alerts.contains(ScannerFixture.signatureName))
        #expect(facts.gaps.contains { $0.kind == .tooManyBytes })
        #expect(!facts.gaps.contains { $0.kind == .malformed }, "\(facts.gaps)")
        #expect(try await child.scratchNames() == [])
    }

    @Test func `a hundred streams in a tar are extracted one after another`() async throws {
        let child = try ScannerChildFixture()
        let packed = try python(
            """
            import tarfile, lzma
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode='w') as t:
                for i in range(100):
                    stream = lzma.compress(f'words of file {i}'.encode() + (data if i == 97 else b''), lzma.FORMAT_ALONE)
                    entry = tarfile.TarInfo(f'{i}.lzma'); entry.size = len(stream); t.addfile(entry, io.BytesIO(stream))
            sys.stdout.buffer.write(out.getvalue())
            """, input: eicar)
        let facts = try await child.scan(packed)
        #expect(facts.gaps == [])
        #expect(facts.extracted >= 100)
        #expect(facts.alerts == Self.found)
        #expect(try await child.scratchNames() == [])
    }
}
