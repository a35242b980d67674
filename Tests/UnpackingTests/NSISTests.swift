import Foundation
import TestKit
import Testing

@testable import Unpacking

/// Installers as `makensis` writes them, and what it never writes.
@Suite(.heavy, .timeLimit(.minutes(2))) struct NSISTests {
    static let packings = ["off", "zlib", "bzip2", "lzma", "/SOLID zlib", "/SOLID bzip2", "/SOLID lzma"]

    /// An installer with a text, noise, a program, a plugin and an uninstaller.
    private static func installer(_ packing: String, more: String = "") throws -> [UInt8] {
        let folder = try TemporaryDirectory()
        for (name, content) in Samples.plain {
            try Data(content).write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
        }
        let compressor = packing == "off" ? "SetCompress off" : "SetCompressor \(packing)"
        try Data(
            """
            \(compressor)
            OutFile out.exe
            Name sample
            \(more)
            Page instfiles
            UninstPage uninstConfirm
            Section
            SetOutPath $INSTDIR
            File notes.txt
            File noise.bin
            File small
            WriteUninstaller $INSTDIR\\remove.exe
            nsExec::Exec "x"
            SectionEnd
            Section Uninstall
            File notes.txt
            SectionEnd
            """.utf8
        ).write(to: URL(fileURLWithPath: "\(folder.path)/a.nsi"))
        let tool = try Tool.run(["sh", "-c", "cd '\(folder.path)' && makensis -V0 a.nsi >&2 && cat out.exe"])
        try #require(tool.status == 0)
        return tool.output
    }

    /// What 7-Zip takes out of an installer.
    private static func extracted(_ installer: [UInt8]) throws -> [[UInt8]] {
        let folder = try TemporaryDirectory()
        try Data(installer).write(to: URL(fileURLWithPath: "\(folder.path)/a.exe"))
        let tool = try Tool.run(["7z", "x", "-tnsis", "-y", "-o\(folder.path)/out", "\(folder.path)/a.exe"])
        try #require(tool.status == 0)
        let names = try #require(FileManager.default.enumerator(atPath: "\(folder.path)/out"))
        return names.compactMap { FileManager.default.contents(atPath: "\(folder.path)/out/\($0)").map { Array($0) } }
    }

    private static func read(_ bytes: [UInt8]) throws -> OpenerReads {
        let sighting = try #require(try bytes.sightings().first { $0.form == .nsis })
        return OpenerReads.read(bytes) { layer throws(UnpackingError) in try NSISOpener(layer, in: sighting.range) }
    }

    @Test(arguments: packings) func `every file and the uninstaller are parts`(packing: String) throws {
        let installer = try Self.installer(packing)
        let reads = try Self.read(installer)
        #expect(reads.error == nil)
        #expect(Samples.plain.values.allSatisfy(reads.parts.contains))
        let extracted = try Self.extracted(installer)
        #expect(extracted.count >= 5)
        for file in extracted { #expect(reads.parts.contains(file), "a file of \(file.count) bytes") }
        #expect(reads.names.contains("the uninstaller"))
    }

    @Test(arguments: packings) func `an installer cut anywhere is not read to an end`(packing: String) throws {
        let installer = try Self.installer(packing)
        let start = Int(try #require(try installer.sightings().first { $0.form == .nsis }).range.lowerBound)
        for length in stride(from: start + 40, to: installer.count - 4, by: (installer.count - start) / 12) {
            #expect(try Self.read(Array(installer.prefix(length))).error != nil, "cut to \(length)")
        }
    }

    @Test func `an installer is found behind bytes that are no program`() throws {
        var installer = try Self.installer("/SOLID zlib")
        installer.replaceSubrange(0..<2, with: [0, 0])
        let reads = try Self.read(installer)
        #expect(reads.error == nil)
        #expect(Samples.plain.values.allSatisfy(reads.parts.contains))
    }

    /// An installer of `data` alone. The script has 28 bytes of an instruction behind its table.
    private static func bare(_ instruction: [UInt32], _ data: [UInt8]) -> [UInt8] {
        let script = script(instruction)
        let words = [0, 0xDEAD_BEEF] as [UInt32]
        let size = UInt32(28 + 4 + script.count + data.count + 4)
        return bytes(words) + Array("NullsoftInst".utf8) + bytes([UInt32(script.count), size]) + data + [1, 2, 3, 4]
    }

    private static func script(_ instruction: [UInt32]) -> [UInt8] {
        var table = [UInt32](repeating: 0, count: 17)
        (table[5], table[6]) = (68, 1)
        return bytes(table + instruction + [UInt32](repeating: 0, count: 7 - instruction.count))
    }

    private static func bytes(_ words: [UInt32]) -> [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }

    private static func stored(offset: UInt32) -> [UInt8] {
        let script = script([20, 0, 0, offset])
        let data =
            bytes([UInt32(script.count)]) + script + bytes([7]) + Array("payload".utf8) + bytes([3]) + Array("end".utf8)
        return bare([20, 0, 0, offset], data).replacingSize()
    }

    @Test(arguments: [(0, true), (11, true), (4, false), (18, false), (4000, false)] as [(UInt32, Bool)])
    func `a script takes files from where blocks begin`(offset: UInt32, isRead: Bool) {
        let reads = OpenerReads.read(Self.stored(offset: offset)) { layer throws(UnpackingError) in
            try NSISOpener(layer, in: 0..<layer.size)
        }
        #expect(reads.parts.prefix(2) == [Array("payload".utf8), Array("end".utf8)])
        #expect(reads.error == (isRead ? nil : .malformed))
    }

    /// A stream of two stored blocks; each has its length once, or twice.
    @Test(arguments: [[false, false], [true, true], [true, false]])
    func `stored blocks have their length once or twice`(repeated: [Bool]) {
        let plain = Self.bytes([96]) + Self.script([20]) + Self.bytes([7]) + Array("payload".utf8)
        var packed: [UInt8] = []
        for (index, piece) in [plain[..<50], plain[50...]].enumerated() {
            packed += [UInt8(index), UInt8(piece.count), 0]
            if repeated[index] { packed += [~UInt8(piece.count), 0xFF] }
            packed += piece
        }
        let reads = OpenerReads.read(Self.bare([20], packed).replacingSize()) { layer throws(UnpackingError) in
            try NSISOpener(layer, in: 0..<layer.size)
        }
        #expect(reads.error == (repeated == [true, false] ? .malformed : nil))
        if reads.error == nil { #expect(reads.parts == [Array("payload".utf8)]) }
    }

    @Test func `the addresses of a program in LZMA are changed back`() throws {
        let program = try Array(Data(contentsOf: URL(fileURLWithPath: "/bin/true")))
        let folder = try TemporaryDirectory()
        try Data(Self.bytes([96]) + Self.script([20]) + Self.bytes([UInt32(program.count)]) + program)
            .write(to: URL(fileURLWithPath: "\(folder.path)/plain"))
        let packed = try Samples.python(
            """
            import lzma
            filters = [{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 20}]
            data = lzma.compress(open("\(folder.path)/plain", "rb").read(), lzma.FORMAT_RAW, filters=filters)
            out.write(b"\\x01\\x5d" + struct.pack("<I", 1 << 20) + data)
            """)
        let reads = OpenerReads.read(Self.bare([20], packed).replacingSize()) { layer throws(UnpackingError) in
            try NSISOpener(layer, in: 0..<layer.size)
        }
        #expect(reads.error == nil)
        #expect(reads.parts.first == program)
    }

    @Test func `bytes behind a packed stream are not lost`() throws {
        let hidden = Array("hidden behind the stream".utf8)
        let packed = try Samples.python(
            """
            plain = bytes.fromhex("\(Self.hex(Self.bytes([96]) + Self.script([20]) + Self.bytes([1, 0])))")[:-3]
            z = zlib.compressobj(9, zlib.DEFLATED, -15)
            out.write(z.compress(plain) + z.flush())
            """)
        let reads = OpenerReads.read(Self.bare([20], packed + hidden).replacingSize()) { layer throws(UnpackingError) in
            try NSISOpener(layer, in: 0..<layer.size)
        }
        #expect(reads.error == nil)
        #expect(reads.parts.contains(hidden))
    }

    private static func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

    @Test(arguments: packings) func `reading a damaged installer ends`(packing: String) throws {
        let installer = try Self.installer(packing)
        let start = Int(try #require(try installer.sightings().first { $0.form == .nsis }).range.lowerBound)
        for step in 0..<24 {
            var damaged = installer
            let place = start + 20 + step * step * 37 % (installer.count - start - 24)
            damaged[place] ^= UInt8(1 << (step % 8))
            let reads = OpenerReads.read(damaged) { layer throws(UnpackingError) in
                try NSISOpener(layer, in: Int64(start)..<layer.size)
            }
            #expect(reads.error != nil || !reads.parts.isEmpty)
        }
    }

    @Test func `the mark alone is no installer`() throws {
        let mark: [UInt8] = [0xEF, 0xBE, 0xAD, 0xDE] + Array("NullsoftInst".utf8)
        for bytes in [Array("words about NSIS".utf8) + mark, [UInt8](repeating: 0xFF, count: 9) + mark + [1, 0, 0, 0]] {
            #expect(try !bytes.sightings().contains { $0.form == .nsis })
        }
    }
}

extension [UInt8] {
    /// An installer whose first header declares the size that it has.
    fileprivate func replacingSize() -> [UInt8] {
        var bytes = self
        for index in 0..<4 { bytes[24 + index] = UInt8(truncatingIfNeeded: count >> (index * 8)) }
        return bytes
    }
}
