import Foundation
import TestKit
import Testing

@testable import Unpacking

/// ZIPs with members by Deflate64, as 7-Zip packs them and Windows those of more than 2 GiB.
@Suite(.timeLimit(.minutes(1))) struct Deflate64Tests {
    /// Writes files by 7-Zip into one ZIP: some of them by Deflate64, in two runs where both methods are asked for.
    private static func archive(_ files: [String: [UInt8]], deflated: [String: [UInt8]] = [:]) throws -> [UInt8] {
        let folder = try TemporaryDirectory()
        for (method, files) in [("Deflate", deflated), ("Deflate64", files)] where !files.isEmpty {
            for (name, content) in files { try Data(content).write(to: URL(filePath: "\(folder.path)/\(name)")) }
            let tool = try Tool.run([
                "sh", "-c",
                "cd '\(folder.path)' && 7z a -tzip -bd -mm=\(method) a.zip \(files.keys.sorted().joined(separator: " "))",
            ])
            try #require(tool.status == 0)
        }
        return Array(try Data(contentsOf: URL(filePath: "\(folder.path)/a.zip")))
    }

    private static func read(_ bytes: [UInt8]) -> OpenerReads {
        OpenerReads.read(bytes) { layer throws(UnpackingError) in try ArchiveOpener(layer, form: .zip) }
    }

    /// Contents that need what Deflate has not: lengths over 258, distances over 32 KiB, blocks of each kind.
    private static let contents: [String: [UInt8]] = [
        "far.bin": noise(50_000) + noise(50_000), "long.bin": Array(repeating: 0x61, count: 300_000),
        "noise.bin": noise(70_000), "notes.txt": Samples.text, "short.txt": Array("abcabcabcabcabcabc".utf8),
    ]

    private static func noise(_ count: Int) -> [UInt8] {
        var state: UInt32 = 7
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(state >> 24)
        }
    }

    @Test func `every member is decoded, those by Deflate64 last`() throws {
        let bytes = try Self.archive(Self.contents, deflated: ["a.txt": Samples.text, "z.txt": Samples.text])
        let reads = Self.read(bytes)
        #expect(reads.error == nil)
        // 7-Zip stores what it cannot pack.
        #expect(reads.names.suffix(3) == ["far.bin", "long.bin", "notes.txt"])
        #expect(reads.names.sorted() == (Self.contents.keys + ["a.txt", "z.txt"]).sorted())
        for (name, part) in zip(reads.names, reads.parts) {
            #expect(part == Self.contents[name] ?? Samples.text, "\(name)")
        }
    }

    @Test func `a member behind other bytes is decoded`() throws {
        let bytes = try Self.archive(["notes.txt": Samples.text])
        #expect(Self.read(Array("a line before it\n".utf8) + bytes).parts == [Samples.text])
    }

    @Test func `a changed size, checksum or byte is an error, and so are bytes behind the stream`() throws {
        let bytes = try Self.archive(["notes.txt": Samples.text])
        let directory = try #require(bytes.index(of: ZipCentralDirectory.entrySignature, from: 0))
        for place in [16, 24, 20] {
            var changed = bytes
            changed[directory + place] ^= 1
            #expect(Self.read(changed).error != nil, "\(place)")
        }
        for fraction in stride(from: 0.15, to: 0.9, by: 0.05) {
            var changed = bytes
            changed[Int(Double(directory) * fraction) + 40] ^= 0x10
            #expect(Self.read(changed).error != nil, "\(fraction)")
        }
    }

    @Test func `a member that unpacks to more than the limit is too large`() throws {
        let bytes = try Self.archive(["long.bin": Array(repeating: 0, count: 3 << 20)])
        let (file, room) = (MemoryFile(bytes), MemoryFile([]))
        var opener = try ArchiveOpener(FileSlice(descriptor: file.descriptor, start: 0, size: file.size), form: .zip)
        #expect(try opener.next() != nil)
        let error = #expect(throws: UnpackingError.self) {
            _ = try opener.unpack(into: room.descriptor, limit: 1 << 20)
        }
        #expect(error?.code == .tooLarge)
        #expect(room.size <= 1 << 20)
    }

    @Test func `damaged streams of any kind end with an error or with bytes`() throws {
        let bytes = try Self.archive(Self.contents)
        let directory = try #require(bytes.index(of: ZipCentralDirectory.entrySignature, from: 0))
        var state: UInt64 = 3
        for _ in 0..<60 {
            var changed = bytes
            for _ in 0..<3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                changed[Int(state >> 33) % directory] = UInt8(truncatingIfNeeded: state >> 20)
            }
            let reads = Self.read(changed)
            for (name, part) in zip(reads.names, reads.parts) where reads.error == nil {
                #expect(part == Self.contents[name])
            }
        }
    }
}
