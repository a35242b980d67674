import TestKit
import Testing

@testable import Unpacking

/// Files whose format packs or divides what they carry.
@Suite(.timeLimit(.minutes(1))) struct PackedFileTests {
    private static let payload = "what is carried, and nothing else"

    private static func sample(_ script: String) throws -> [UInt8] {
        try Samples.python(
            """
            sys.dont_write_bytecode = True; sys.path.insert(0, '\(Project.fixture("zoo"))')
            from enclosed_packed import *
            payload = b'\(payload)'
            out.write(\(script))
            """)
    }

    private static func tracks(of script: String) throws -> OpenedParts {
        let bytes = try sample(script)
        // Frames that are packed one by one are streams as well.
        #expect(try bytes.sightings().map(\.form).filter { $0 != .carriedStreams } == [.matroskaTracks])
        return OpenedParts(bytes) { slice throws(UnpackingError) in try MatroskaTracks(slice) }
    }

    @Test(arguments: [
        "subtitles(payload)", "stripped(payload)",
        // Frames in a lace, of a kind each; sizes beyond one byte of a length.
        "film(tracks(track()), cluster(laced([zlib.compress(payload[:9]), zlib.compress(payload[9:])], 1)))",
        "film(tracks(track(algorithm=3)), cluster(laced([payload[:11], payload[11:22], payload[22:]], 2)))",
        "film(tracks(track()), cluster(laced([zlib.compress(payload[n:n + 9]) for n in range(0, 33, 9)], 3)))",
        // Described behind the frames; by a place that the head names, in what readers pass over; twice.
        "film(cluster(block(zlib.compress(payload))), tracks(track()))",
        """
        film(element('114D9B74', element('4DBB', element('53AB', bytes.fromhex('1654AE6B')) + element('53AC', bytes([36])))),
        element('EC', tracks(track())), cluster(block(zlib.compress(payload))))
        """,
        // A cluster without a length, and damage between two.
        """
        film(tracks(track()), bytes.fromhex('1F43B67501FFFFFFFFFFFFFF'), block(zlib.compress(payload[:9])), bytes(99),
        cluster(block(zlib.compress(payload[9:]))))
        """,
        // The codec's own data, and a frame that is damaged.
        "film(tracks(track(private=zlib.compress(payload[:9]), scope=3)), cluster(block(zlib.compress(payload[9:]))))",
        "film(tracks(track()), cluster(block(zlib.compress(payload)[:-4])))",
    ])
    func `packed frames of a track are a part`(script: String) throws {
        let parts = try Self.tracks(of: script)
        #expect(parts.texts.contains(Self.payload))
        #expect(parts.error == nil)
    }

    @Test func `frames of another track are in its own part, and texts are lines`() throws {
        let parts = try Self.tracks(
            of: """
                film(tracks(track(1), track(2, codec=b'S_TEXT/UTF8')),
                cluster(block(zlib.compress(b'a'), 2), block(zlib.compress(payload)), block(zlib.compress(b'b'), 2)))
                """)
        #expect(parts.texts == [Self.payload, "a\nb\n"])
    }

    @Test func `frames that are not packed, or encrypted, are no part`() throws {
        for how in ["times=0", "kind=1"] {
            let parts = try Self.tracks(of: "film(tracks(track(\(how))), cluster(block(payload)))")
            #expect(parts.contents == [] && parts.error == nil)
        }
    }

    @Test(arguments: ["algorithm=1", "algorithm=2", "algorithm=9", "times=2"])
    func `a track that is packed otherwise is no proof, and hides no other`(how: String) throws {
        let parts = try Self.tracks(
            of: "film(tracks(track(2, \(how)), track()), cluster(block(zlib.compress(payload))))")
        #expect(parts.texts == [Self.payload])
        #expect(parts.error?.code == .method)
    }

    @Test func `damage between clusters is searched through a bounded number of times`() throws {
        let script =
            "film(tracks(track()), bytes.fromhex('001F43B67500') * COUNT, cluster(block(zlib.compress(payload))))"
        #expect(try Self.tracks(of: script.replacing("COUNT", with: "900")).texts == [Self.payload])
        #expect(try Self.tracks(of: script.replacing("COUNT", with: "5000")).error?.code == .tooLarge)
    }

    @Test func `lengths of a lace are bounded by its block`() throws {
        for kind in 1...3 {
            let bytes = [UInt8](repeating: 0xFF, count: 40)
            let file = MemoryFile(bytes)
            let slice = FileSlice(descriptor: file.descriptor, start: 0, size: file.size)
            let frames = try MatroskaLace(flags: UInt8(kind << 1), 0..<40).frames(in: slice)
            #expect(frames.allSatisfy { $0.upperBound <= 40 })
            #expect(frames.last?.upperBound == 40)
            withExtendedLifetime(file) {}
        }
    }

    private static func deflated(_ script: String) throws -> OpenedParts? {
        let bytes = try sample(script)
        guard try bytes.sightings().map(\.form).contains(.deflatedDICOM) else { return nil }
        return OpenedParts(bytes) { slice throws(UnpackingError) in try DeflatedDICOM(slice) }
    }

    @Test func `a deflated DICOM is one with its document`() throws {
        let streamed = "deflated_dicom(payload, syntax=b'1.2.840.10008.1.2.4.95')"
        // A long element before that of the transfer syntax.
        let long = "dicom_element(2, 0x102, b'OB', bytes(90_000)) + deflated_dicom(payload, mark=False)"
        for script in ["deflated_dicom(payload)", "deflated_dicom(payload, mark=False)", streamed, long] {
            let file = try #require(try Self.deflated(script)?.contents.first)
            let sighting = try #require(try file.sightings().first { $0.form == .dicomDocument })
            let parts = OpenedParts(Array(file[Int(sighting.range.lowerBound)...])) { slice throws(UnpackingError) in
                try DICOMDocument(slice)
            }
            #expect(parts.texts.contains(Self.payload))
        }
        let plain = try #require(try Self.deflated("deflated_dicom(payload, syntax=b'1.2.840.10008.1.2.1')"))
        #expect(plain.contents == [] && plain.error == nil)
        #expect(try Self.deflated("deflated_dicom(payload)[:-9]")?.error?.code == .truncated)
        // Readers differ in where the head ends.
        #expect(try Self.deflated("deflated_dicom(payload, length=4)")?.error?.code == .malformed)
    }

    @Test func `a zero behind a document may be none of it, but ends a gzip`() throws {
        for (document, count) in [("b'abc'", 2), ("__import__('gzip').compress(payload)", 1)] {
            let file = try Self.sample("dicom_element(0x42, 0x11, b'OB', \(document))")
            #expect(
                OpenedParts(file) { slice throws(UnpackingError) in try DICOMDocument(slice) }.contents.count == count)
        }
    }

    private static func texts(_ script: String) throws -> OpenedParts {
        let bytes = try sample(script)
        let sighting = try #require(try bytes.sightings().first { $0.form == .subversionRevision })
        return OpenedParts(bytes) { slice throws(UnpackingError) in
            SubversionRevision(slice, at: sighting.range.lowerBound)
        }
    }

    @Test(arguments: 0...2) func `texts of a revision are parts`(version: Int) throws {
        let parts = try Self.texts("subversion_revision(payload * 99, \(version))")
        #expect(parts.texts.last == String(repeating: Self.payload, count: 99))
        #expect(parts.contents.count == 2 && parts.error == nil)
    }

    @Test func `a text that differs from another one is no proof`() throws {
        let parts = try Self.texts("subversion_revision(payload, source=9, line=b'DELTA 1 2 3')")
        #expect(parts.contents.count == 1)
        #expect(parts.error?.code == .method)
        let other = "subversion_revision(payload, line=b'DELTA of it').replace(b'DELTA\\n', b'DELTA: ')"
        #expect(try !Self.sample(other).sightings().map(\.form).contains(.subversionRevision))
    }

    /// Windows of svndiff, and their texts. Instructions: new data, then what is made, twice; beyond what is there;
    /// more than is declared; another text.
    private static let windows: [(window: String, text: String?)] = [
        ("00000603028244006162", "ababab"), ("00000603028244046162", nil), ("000003020282826162", nil),
        ("0000020102026162", nil), ("FFFFFFFFFFFFFFFFFFFF", nil),
    ]

    @Test(arguments: windows)
    func `instructions of a difference stay within it`(window: String, text: String?) throws {
        let parts = try Self.texts("b'DELTA\\nSVN\\0' + bytes.fromhex('\(window)') + b'ENDREP\\n'")
        #expect(parts.texts.first == text)
        #expect((parts.error?.code == .malformed) == (text == nil))
    }

    @Test func `matches of LZ4 repeat what precedes them, within the block`() throws {
        let block: [UInt8] = [0x3F, 0x61, 0x62, 0x63, 3, 0, 2, 0x10, 0x21]
        #expect(try LZ4Block.decode(block[...], size: 25) == Array((String(repeating: "abc", count: 8) + "!").utf8))
        for size in [24, 26] {
            #expect(throws: UnpackingError.self) { try LZ4Block.decode(block[...], size: size) }
        }
        for damaged: [UInt8] in [[0x3F, 0x61, 0x62, 0x63, 4, 0, 2, 0], [0x0F, 1, 0, 2], [0xF0, 255], [0x30, 0x61]] {
            #expect(throws: UnpackingError.self) { try LZ4Block.decode(damaged[...], size: 24) }
        }
    }

    private static func records(_ script: String) throws -> OpenedParts {
        let bytes = try sample(script)
        #expect(try bytes.sightings().map(\.form) == [.hexRecords])
        return OpenedParts(bytes) { slice throws(UnpackingError) in try HexRecordsOpener(slice) }
    }

    @Test func `records are placed by their addresses`() throws {
        for records in ["intel_records", "motorola_records"] {
            for (separator, places) in [("\\n", "[32, 16, 0]"), ("", "[16, 0, 32]"), ("\\r", "[0, 32, 16]")] {
                let parts = try Self.records("b'\(separator)'.join(\(records)(payload, \(places)))")
                #expect(parts.texts.last == Self.payload)
            }
            // Records in order are one part, also without line ends and behind blanks.
            #expect(try Self.records("b' ' + b''.join(\(records)(payload, [0, 16, 32]))").texts == [Self.payload])
        }
        let gap = try Self.records("b''.join(intel_records(payload, [32, 0]))")
        #expect(gap.contents.last == Array(Self.payload.utf8.prefix(16)) + [UInt8](repeating: 0, count: 16) + [0x65])
        // A base that moves within a run.
        let moved = "b':02FFFE0061623E:020000040001F9:02000000636437'"
        #expect(try Self.records(moved).texts == ["abcd"])
    }

    @Test func `runs that are far apart are parts of their own`() throws {
        let far = "b'\\n'.join(intel_records(payload, [0]) + [b':020000040010EA'] + intel_records(payload, [16]))"
        #expect(try Self.records(far).contents.count == 2)
    }
}
