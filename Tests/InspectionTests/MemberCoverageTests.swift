import Domain
import ScanProtocol
import Testing

/// What the engine missed in a container is unpacked and inspected; what cannot be is told.
@Suite(.timeLimit(.minutes(2)))
struct MemberCoverageTests {
    private static let words = Array("words that nobody minds, a line of them\n".utf8)
    private static let found = ["\(Station.signatureName)"]

    @Test func `a container that the engine opens is not unpacked again`() async throws {
        let bench = try FactsBench()
        let samples: [(String, [UInt8], UInt32)] = [
            ("zip", try Made.zip(Self.words), 1), ("stored zip", try Made.zip(Self.words, method: "ZIP_STORED"), 1),
            ("tar", try Made.tar(Self.words), 1), ("tar.gz", try Made.tar(Self.words, mode: "w:gz"), 2),
            ("tar.bz2", try Made.tar(Self.words, mode: "w:bz2"), 2),
            ("tar.xz", try Made.tar(Self.words, mode: "w:xz"), 2),
            ("zip in zip in zip", try Made.zip(Made.zip(Made.zip(Self.words))), 3),
            ("plain", Self.words, 0),
        ]
        for (name, bytes, deepest) in samples {
            let facts = try await bench.scan(bytes)
            #expect(facts.gaps == [], "\(name)")
            #expect(facts.recovered == 0, "\(name)")
            #expect(facts.deepest == deepest, "\(name)")
            #expect(facts.layers == deepest + 1, "\(name)")
            #expect(facts.bytesRead == Int64(bytes.count))
        }
    }

    @Test func `what only libarchive opens is inspected all the same`() async throws {
        let bench = try FactsBench()
        let samples: [(String, ([UInt8]) throws -> [UInt8]?, deepest: UInt32)] = [
            ("zstd", { Made.zstd($0) }, 1),
            ("ar", { Made.ar($0) }, 1),
            ("rar", { try Made.rar($0) }, 1),
            (
                "lzma",
                {
                    try python(
                        "import lzma; sys.stdout.buffer.write(lzma.compress(data, lzma.FORMAT_ALONE))", input: $0)
                }, 1
            ),
            ("tar in zstd", { Made.zstd(try Made.tar($0)) }, 2),
            ("zstd in tar", { try Made.tar(Made.zstd($0)) }, 2),
            ("zstd in zip in ar in zstd", { Made.zstd(Made.ar(try Made.zip(Made.zstd($0)))) }, 4),
            (
                "two streams of bzip2",
                {
                    try python(
                        "import bz2; sys.stdout.buffer.write(bz2.compress(b'first of two') + bz2.compress(data))",
                        input: $0)
                }, 1
            ),
            ("7z by bzip2", { try Made.sevenZip($0, ["-t7z", "-m0=BZip2"]) }, 1),
            ("7z by deflate", { try Made.sevenZip($0, ["-t7z", "-m0=Deflate"]) }, 1),
            ("a second tar behind the first one's end", { try Made.tar(Self.words) + Made.tar($0, mode: "w:gz") }, 2),
        ]
        for (name, make, deepest) in samples {
            guard let clean = try make(Self.words + Self.words), let infected = try make(eicar) else { continue }
            var facts = try await bench.scan(clean)
            #expect(facts.gaps == [], "\(name)")
            #expect(facts.recovered > 0, "\(name)")
            #expect(facts.deepest >= deepest, "\(name)")
            #expect(facts.alerts == [], "\(name)")
            facts = try await bench.scan(infected)
            #expect(facts.alerts == Self.found, "\(name)")
            #expect(try await bench.leavings() == [], "\(name)")
        }
    }

    @Test func `what cannot be unpacked is told`() async throws {
        let bench = try FactsBench()
        let gzip = try python("import gzip; sys.stdout.buffer.write(gzip.compress(bytes(range(256)) * 40))")
        let samples: [(String, [UInt8]?, ScanGap.Kind)] = [
            ("cut gzip", Array(gzip.dropLast(20)), .truncated),
            ("cut tar.bz2", Array(try Made.tar(Self.words, mode: "w:bz2").dropLast(20)), .truncated),
            ("cut tar", Array(try Made.tar(Self.words + Self.words).prefix(530)), .truncated),
            ("rar under a password", try Made.rar(Self.words, isEncrypted: true), .encrypted),
            ("7z under a password", try Made.sevenZip(Self.words, ["-t7z", "-psecret"]), .encrypted),
            (
                "7z with its names under a password", try Made.sevenZip(Self.words, ["-t7z", "-psecret", "-mhe=on"]),
                .encrypted
            ),
            ("zip by AES", try Made.sevenZip(Self.words, ["-tzip", "-psecret", "-mem=AES256"]), .encrypted),
            (
                "a disk image of a kind that nothing opens", Array("hsqs".utf8) + [UInt8](repeating: 7, count: 4000),
                .unopened
            ),
        ]
        for (name, bytes, kind) in samples {
            guard let bytes else { continue }
            for (place, packed) in [("", bytes), ("in a tar: ", try Made.tar(bytes))] {
                let facts = try await bench.scan(packed)
                #expect(facts.gaps.contains { $0.kind == kind }, "\(place)\(name): \(facts.gaps)")
            }
        }
    }

    @Test func `a container behind a script is inspected`() async throws {
        let hash = String(
            decoding: try python("import hashlib; print(hashlib.sha256(data).hexdigest(), end='')", input: Self.hidden),
            as: UTF8.self)
        let bench = try FactsBench(signatures: ["h.hsb": "\(hash):\(Self.hidden.count):Hidden:73\n"])
        let script = Array("#!/bin/sh\ntail -n +4 \"$0\" | tar xz\nexit 0\n".utf8)
        let payloads: [(String, [UInt8]?)] = [
            ("tar", try Made.tar(Self.hidden)), ("tar.gz", try Made.tar(Self.hidden, mode: "w:gz")),
            ("tar.bz2", try Made.tar(Self.hidden, mode: "w:bz2")), ("tar.xz", try Made.tar(Self.hidden, mode: "w:xz")),
            ("zip", try Made.zip(Self.hidden)), ("tar.zst", Made.zstd(try Made.tar(Self.hidden))),
            ("7z", try Made.sevenZip(Self.hidden, ["-t7z"])),
        ]
        for (name, payload) in payloads {
            guard let payload else { continue }
            for (place, packed) in [("", script + payload), ("in a tar: ", try Made.tar(script + payload))] {
                let facts = try await bench.scan(packed)
                #expect(facts.alerts == ["Hidden.UNOFFICIAL"], "\(place)\(name)")
                #expect(facts.gaps == [], "\(place)\(name)")
            }
            let cut = try await bench.scan(script + payload.dropLast(payload.count / 3))
            #expect(
                ["zip", "tar"].contains(name) || cut.gaps.contains { [.truncated, .malformed].contains($0.kind) },
                "cut \(name)")
        }
        let plain = try await bench.scan(script + Array("BZh91AY is how bzip2 begins, 7z and PK\u{3}\u{4}\n".utf8))
        #expect(plain.gaps == [])
        #expect(plain.recovered == 0)
    }

    private static let hidden = Array("a payload that only the hash of its file gives away\n".utf8)

    @Test func `what libarchive unpacks counts towards each limit`() async throws {
        let bench = try FactsBench()
        let zeros = [UInt8](repeating: 0, count: 600_000)
        let packed = try Made.tar(Made.zstd(zeros))
        let cases: [(ScanLimits, ScanGap.Kind)] = [
            (ScanLimits(maxScanSize: 1_000_000), .tooManyBytes), (ScanLimits(maxFiles: 2), .tooManyFiles),
            (ScanLimits(maxRecursion: 2), .tooDeep),
        ]
        #expect(try await bench.scan(packed).gaps == [])
        for (limits, kind) in cases {
            let facts = try await bench.scan(packed, limits: limits)
            #expect(facts.gaps.contains { $0.kind == kind }, "\(kind): \(facts.gaps), \(facts.alerts)")
        }
    }

    @Test func `what was found before a limit stays found`() async throws {
        let bench = try FactsBench()
        // What is over the limit stands between two infected members, a level deeper.
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
        let facts = try await bench.scan(packed, limits: ScanLimits(maxScanSize: 1_000_000))
        #expect(facts.alerts.contains(Station.signatureName))
        #expect(facts.gaps.contains { $0.kind == .tooManyBytes })
        #expect(!facts.gaps.contains { $0.kind == .malformed }, "\(facts.gaps)")
        #expect(try await bench.leavings() == [])
    }

    @Test func `a hundred streams in a tar are inspected one after another`() async throws {
        let bench = try FactsBench()
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
        let facts = try await bench.scan(packed)
        #expect(facts.gaps == [])
        #expect(facts.recovered >= 100)
        #expect(facts.alerts == Self.found)
        #expect(try await bench.leavings() == [])
    }
}
