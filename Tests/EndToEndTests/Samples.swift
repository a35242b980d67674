import Foundation
import TestKit

/// The files of `samples/files`, and archives built at run time.
enum Samples {
    static func file(_ name: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(fileURLWithPath: Project.root + "/samples/files/" + name)))
    }

    static let text = Array("Nothing to see here.\n".utf8)

    /// A ZIP archive of one stored entry (PKWARE APPNOTE.TXT, 4.3).
    static func zip(_ name: String, _ body: [UInt8]) -> [UInt8] {
        // The fields that the entry and the directory share: version, flags, method, time, date, CRC, sizes, lengths.
        var shared: [UInt8] = []
        for number in [20, 0, 0, 0, 0x5A21] as [UInt16] { append(number, to: &shared) }
        for number in [crc32(body), UInt32(body.count), UInt32(body.count)] { append(number, to: &shared) }
        for number in [UInt16(name.utf8.count), 0] { append(number, to: &shared) }

        var archive: [UInt8] = []
        append(0x0403_4B50 as UInt32, to: &archive)
        archive += shared + Array(name.utf8) + body

        let directory = archive.count
        append(0x0201_4B50 as UInt32, to: &archive)
        append(20 as UInt16, to: &archive)
        archive += shared + [UInt8](repeating: 0, count: 14) + Array(name.utf8)
        let size = archive.count - directory

        append(0x0605_4B50 as UInt32, to: &archive)
        for number in [0, 0, 1, 1] as [UInt16] { append(number, to: &archive) }
        for number in [UInt32(size), UInt32(directory)] { append(number, to: &archive) }
        append(0 as UInt16, to: &archive)
        return archive
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = .max
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }
}
