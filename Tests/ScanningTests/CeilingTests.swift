import CShims
import Domain
import Glibc
import ScanProtocol
import ScannerTestKit
import Support
import TestKit
import Testing
import Unpacking

@testable import Scanning

/// Objects beyond the engine's ceiling, seen from the scanner.
@Suite(.heavy, .timeLimit(.minutes(5)))
struct CeilingTests {
    struct Cut: Sendable { let size: Int64, length: Int64, overlap: Int64 }

    static let cuts: [Cut] = (0...70).flatMap { size in
        [(7, 3), (8, 2), (9, 8), (64, 16)].map { Cut(size: Int64(size), length: $0.0, overlap: $0.1) }
    }

    @Test func `windows cover every byte and every match up to the overlap`() {
        for cut in Self.cuts {
            let ranges = ScanWindows(size: cut.size, length: cut.length, overlap: cut.overlap).ranges
            #expect(ranges.first?.lowerBound ?? 0 == 0)
            #expect(ranges.last?.upperBound ?? 0 == cut.size)
            #expect(ranges.allSatisfy { !$0.isEmpty && $0.count <= cut.length })
            // Each match of at most the overlap's length is entirely within one window.
            for start in 0..<cut.size {
                let end = min(start + cut.overlap, cut.size)
                #expect(ranges.contains { $0.lowerBound <= start && end <= $0.upperBound }, "\(cut) at \(start)")
            }
        }
    }

    @Test func `the default windows are below the engine's ceiling`() {
        let ranges = ScanWindows(size: 10 << 30).ranges
        #expect(ranges.allSatisfy { $0.count <= EngineLimits.ceiling && $0.lowerBound % 4096 == 0 })
        #expect(ranges.count == 11)
    }

    static let plans: [(ContainerForm?, String, StreamPlan)] = [
        (.tar, "application/x-tar", .members(.tar)), (.zip, "application/zip", .members(.zip)),
        (.gzip, "application/gzip", .members(.gzip)), (.sevenZip, "application/x-7z-compressed", .members(.sevenZip)),
        (.iso, "application/x-iso9660-image", .none), (.squashfs, "application/octet-stream", .none),
        (nil, "application/octet-stream", .windows), (nil, "text/plain", .windows), (nil, "video/mp4", .windows),
        (nil, "audio/mpeg", .windows), (nil, "text/html", .none), (nil, "application/pdf", .none),
        (nil, "image/tiff", .none), (nil, "message/rfc822", .none), (nil, "application/x-ole-storage", .none),
        (nil, "application/vnd.microsoft.portable-executable", .none), (nil, "", .none),
    ]

    @Test(arguments: plans) func `each type has the plan that inspects all of it`(
        form: ContainerForm?, type: String, plan: StreamPlan
    ) {
        #expect(StreamPlan(form: form, type: type) == plan)
    }

    @Test func `a mapping counts each page that was read once`() {
        let file = Spool([UInt8](repeating: 1, count: 20_000))
        let mapping = FileMapping(file.descriptor, 0..<20_000)
        var room = [UInt8](repeating: 0, count: 8192)
        func read(_ offset: Int64) -> Int { room.withUnsafeMutableBytes { mapping.read(at: offset, into: $0) } }
        #expect(mapping.bytesRead() == 0)
        #expect(read(0) == 8192)
        #expect(read(0) == 8192)
        #expect(mapping.bytesRead() == 8192)
        #expect(read(16_384) == 3616)
        #expect(mapping.bytesRead() == 8192 + 3616)
        #expect(read(8192) == 8192)
        #expect(mapping.bytesRead() == 20_000)
        #expect(mapping.bytesRead(from: 15_000) == 5000)
        #expect(read(20_001) == -1)
    }

    private static let size: Int64 = 2_200_000_000
    private static let streamed = ScanLimits(
        timeout: .seconds(250), maxScanSize: 64 << 30, overCeiling: .stream)

    /// A sparse file with a few parts that are not zero.
    private static func sparse(_ size: Int64, _ parts: [(Int64, [UInt8])]) -> Spool {
        let file = Spool([], .openMemory)
        precondition(ftruncate(file.descriptor, off_t(size)) == 0)
        for (place, bytes) in parts {
            precondition(pwrite(file.descriptor, bytes, bytes.count, off_t(place)) == bytes.count)
        }
        return file
    }

    @Test func `nothing is inspected in parts unless the pipeline allows it`() async throws {
        let child = try ScannerChildFixture()
        let facts = try await child.scan(Self.sparse(Self.size, []), size: Self.size)
        #expect(facts.gaps.map(\.kind) == [.notStreamable])
        #expect(facts.bytesRead == 0)
        #expect(facts.method == .whole)
    }

    @Test func `a type that cannot be inspected in parts is a gap`() async throws {
        let child = try ScannerChildFixture()
        let file = Self.sparse(Self.size, [(0, Array("%PDF-1.4\n".utf8))])
        let facts = try await child.scan(file, size: Self.size, limits: Self.streamed)
        #expect(facts.gaps.map(\.kind) == [.notStreamable])
        #expect(facts.bytesRead == 0)
    }

    @Test func `plain data is matched across window borders`() async throws {
        let child = try ScannerChildFixture()
        let border = ScanWindows.defaultLength
        let mark = Array("data of no known type".utf8)
        let file = Self.sparse(Self.size, [(0, [0x01, 0x02, 0xFE] + mark), (border - 30, eicar)])
        let facts = try await child.scan(file, size: Self.size, limits: Self.streamed)
        #expect(facts.method == .windows)
        #expect(facts.alerts == [ScannerFixture.signatureName])
        #expect(facts.gaps == [])
        #expect(facts.bytesRead == Self.size)
        #expect(facts.layers == 1)
    }

    @Test func `what must be opened whole is opened in plain data`() async throws {
        let child = try ScannerChildFixture()
        let mark = [0x01, 0x02, 0xFE] + Array("data of no known type".utf8)
        // One packet of OpenPGP.
        let length = UInt32(Self.size - 6).bigEndian
        let encrypted = [0xD2, 0xFF] + withUnsafeBytes(of: length) { Array($0) } + [1, 9, 8, 7, 6, 5, 4, 3, 2, 1]
        let samples: [(String, [(Int64, [UInt8])], isFound: Bool)] = [
            ("a ZIP behind 2 GiB", [(0, mark), (Self.size - 4096, try ContainerSamples.zip(eicar))], true),
            ("a Zstandard stream", [(0, mark), (1 << 20, ContainerSamples.zstd(eicar))], true),
            ("an encrypted message", [(0, encrypted)], false),
        ]
        for (name, pieces, isFound) in samples {
            let facts = try await child.scan(Self.sparse(Self.size, pieces), size: Self.size, limits: Self.streamed)
            #expect(isFound ? facts.alerts == [ScannerFixture.signatureName] : !facts.gaps.isEmpty, "\(name)")
        }
    }

    @Test func `the members of a large tar are inspected`() async throws {
        let child = try ScannerChildFixture()
        let archive = try ContainerSamples.tar(ContainerSamples.zip(eicar), name: "a.zip")
        let file = Self.sparse(Self.size, [(0, archive)])
        let facts = try await child.scan(file, size: Self.size, limits: Self.streamed)
        #expect(facts.method == .members)
        #expect(facts.alerts == [ScannerFixture.signatureName])
        #expect(facts.gaps == [])
        #expect(facts.bytesRead == Self.size)
        #expect(facts.deepest == 2)
        #expect(try await child.scratchNames() == [])
    }

    @Test func `a large tar that is cut is not read to its end`() async throws {
        let child = try ScannerChildFixture()
        let archive = Array(try ContainerSamples.tar([UInt8](repeating: 0x41, count: 2000)).prefix(1100))
        let file = Self.sparse(Self.size, [(0, archive), (1100, [UInt8](repeating: 0x42, count: 3000))])
        let facts = try await child.scan(file, size: Self.size, limits: Self.streamed)
        #expect(!facts.gaps.isEmpty)
        #expect(facts.bytesRead < Self.size)
    }

    @Test func `an object above max-scan-size is not streamed`() async throws {
        let child = try ScannerChildFixture()
        let limits = ScanLimits(maxScanSize: 2_150_000_000, overCeiling: .stream)
        let facts = try await child.scan(Self.sparse(Self.size, [(0, [1, 2, 0xFE])]), size: Self.size, limits: limits)
        #expect(facts.gaps.map(\.kind) == [.tooManyBytes])
        #expect(facts.bytesRead == 0)
    }
}
