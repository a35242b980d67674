internal import Foundation
internal import Glibc
internal import TestKit

/// Containers for tests, created by Python's standard library, by 7-Zip, or byte by byte.
package enum ContainerSamples {
    /// A tar with one member.
    package static func tar(_ bytes: [UInt8], mode: String = "w", name: String = "a.txt") throws -> [UInt8] {
        try python(
            """
            import tarfile
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode='\(mode)') as t:
                entry = tarfile.TarInfo('\(name)'); entry.size = len(data); t.addfile(entry, io.BytesIO(data))
            sys.stdout.buffer.write(out.getvalue())
            """, input: bytes)
    }

    package static func zip(_ bytes: [UInt8], name: String = "a.txt", method: String = "ZIP_DEFLATED") throws -> [UInt8]
    {
        try python(
            """
            import zipfile
            out = io.BytesIO()
            with zipfile.ZipFile(out, 'w', zipfile.\(method)) as z: z.writestr('\(name)', data)
            sys.stdout.buffer.write(out.getvalue())
            """, input: bytes)
    }

    /// A ZIP with the bytes behind `count` small texts.
    package static func zip(_ bytes: [UInt8], after count: Int) throws -> [UInt8] {
        try python(
            """
            import zipfile
            out = io.BytesIO()
            with zipfile.ZipFile(out, 'w') as z:
                for number in range(\(count)): z.writestr(f'{number}.txt', f'some words, {number}\\n' * 50)
                z.writestr('last', data)
            sys.stdout.buffer.write(out.getvalue())
            """, input: bytes)
    }

    /// One Zstandard frame of raw blocks (RFC 8878).
    package static func zstd(_ bytes: [UInt8]) -> [UInt8] {
        func number(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 0xFF) } }
        var frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xA0] + number(bytes.count, 4)
        for start in stride(from: 0, to: bytes.count, by: 100_000) {
            let block = bytes[start..<min(start + 100_000, bytes.count)]
            frame += number(block.count << 3 | (block.endIndex == bytes.count ? 1 : 0), 3) + block
        }
        return frame
    }

    /// An `ar` archive with one member.
    package static func ar(_ bytes: [UInt8], name: String = "a.txt") -> [UInt8] {
        func field(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: width - text.count) }
        let header =
            field(name + "/", 16) + field("0", 12) + field("0", 6) + field("0", 6) + field("100644", 8)
            + field("\(bytes.count)", 10) + "`\n"
        return Array(("!<arch>\n" + header).utf8) + bytes + (bytes.count % 2 == 1 ? [0x0A] : [])
    }

    /// A RAR 4 archive with one stored member.
    package static func rar(_ bytes: [UInt8], isEncrypted: Bool = false) throws -> [UInt8] {
        try python(
            """
            import struct, zlib
            def block(body): return struct.pack('<H', zlib.crc32(body) & 0xFFFF) + body
            name = b'a.txt'
            flags = 0x8000 | \(isEncrypted ? 4 : 0)
            head = struct.pack('<BHHIIBIIBBHI', 0x74, flags, 32 + len(name), len(data), len(data), 3,
                zlib.crc32(data), 0x4A000000, 20, 0x30, len(name), 0o100644) + name
            out = b'Rar!\\x1a\\x07\\x00' + block(struct.pack('<BHH', 0x73, 0, 13) + bytes(6))
            out += block(head) + data + block(struct.pack('<BHH', 0x7B, 0x4000, 7))
            sys.stdout.buffer.write(out)
            """, input: bytes)
    }

    /// An archive of one file that 7-Zip creates, or nil if it is not installed.
    package static func sevenZip(_ bytes: [UInt8], _ options: [String]) throws -> [UInt8]? {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/7z") else { return nil }
        let folder = Folder()
        try folder.write("a.txt", bytes)
        _ = try Tool.run(["7z", "a"] + options + ["\(folder.path)/out", "\(folder.path)/a.txt"])
        let output = folder.names.first { $0.hasPrefix("out") } ?? "out"
        return Array(FileManager.default.contents(atPath: "\(folder.path)/\(output)") ?? Data())
    }
}
