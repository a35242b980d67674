import Unpacking

/// Returns a ZIP archive with one file, compressed with Deflate (PKWARE, APPNOTE.TXT; RFC 1951). Its one block is a
/// stored block, which a reader still has to unpack.
///
/// - Parameter bytes: at most 65,535.
func singleFileZip(containing bytes: [UInt8]) -> [UInt8] {
    precondition(bytes.count <= 0xFFFF, "one stored block holds no more")
    let name = Array("file".utf8)
    let packed = [1] + littleEndian(bytes.count, 2) + littleEndian(~bytes.count, 2) + bytes
    // Version to extract 2.0, no flags, method 8, 1980-01-01.
    let fields =
        littleEndian(20, 2) + littleEndian(0, 2) + littleEndian(8, 2) + littleEndian(0, 2) + littleEndian(0x21, 2)
        + littleEndian(Int(bytes.crc32), 4) + littleEndian(packed.count, 4) + littleEndian(bytes.count, 4)
        + littleEndian(name.count, 2) + littleEndian(0, 2)
    let entry = littleEndian(0x0403_4B50, 4) + fields + name + packed
    // No comment, the first disk, no attributes, and the entry at the archive's start.
    let directory =
        littleEndian(0x0201_4B50, 4) + littleEndian(20, 2) + fields + littleEndian(0, 2) + littleEndian(0, 2)
        + littleEndian(0, 2) + littleEndian(0, 4) + littleEndian(0, 4) + name
    let end =
        littleEndian(0x0605_4B50, 4) + littleEndian(0, 2) + littleEndian(0, 2) + littleEndian(1, 2)
        + littleEndian(1, 2) + littleEndian(directory.count, 4) + littleEndian(entry.count, 4) + littleEndian(0, 2)
    return entry + directory + end
}

private func littleEndian(_ number: Int, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
}
