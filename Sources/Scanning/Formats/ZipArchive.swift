import Unpacking

/// A ZIP archive with one file in it, whose method is "deflated" (PKWARE, APPNOTE.TXT; RFC 1951). The one block of it is a
/// stored one: a reader has to unpack it all the same.
///
/// - Parameter bytes: at most 65,535.
func zipArchive(holding bytes: [UInt8]) -> [UInt8] {
    precondition(bytes.count <= 0xFFFF, "one stored block holds no more")
    let name = Array("file".utf8)
    let packed = [1] + little(bytes.count, 2) + little(~bytes.count, 2) + bytes
    // Version to extract 2.0, no flags, method 8, the first day of 1980.
    let facts =
        little(20, 2) + little(0, 2) + little(8, 2) + little(0, 2) + little(0x21, 2)
        + little(Int(bytes.crc32), 4) + little(packed.count, 4) + little(bytes.count, 4) + little(name.count, 2)
        + little(0, 2)
    let entry = little(0x0403_4B50, 4) + facts + name + packed
    // No comment, the first disk, no attributes, and the entry at the archive's start.
    let directory =
        little(0x0201_4B50, 4) + little(20, 2) + facts + little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4)
        + little(0, 4) + name
    let end =
        little(0x0605_4B50, 4) + little(0, 2) + little(0, 2) + little(1, 2) + little(1, 2)
        + little(directory.count, 4) + little(entry.count, 4) + little(0, 2)
    return entry + directory + end
}

/// The lowest bytes of a number, the least first.
private func little(_ number: Int, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
}
