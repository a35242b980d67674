/// One header of an ARJ archive: the archive's own, or a member's. Source: "ARJ Technical Information", the file
/// TECHNOTE.TXT of ARJ.
struct ARJHeader {
    private static let mark: [UInt8] = [0x60, 0xEA]
    private static let lengths = 30...2600

    private let bytes: [UInt8]
    /// The offset behind it and its extended headers.
    let end: Int64

    private var flags: UInt8 { bytes[4] }
    var isEncrypted: Bool { flags & 1 != 0 }
    /// Whether the archive or the member continues in the next volume, or the member does from the one before. In the
    /// archive's own header, that bit stands for data that repair it.
    var isSplit: Bool { flags & (isOfArchive ? 4 : 0x0C) != 0 }
    /// Whether it is the archive's own.
    var isOfArchive: Bool { bytes[6] == 2 }
    var method: UInt8 { bytes[5] }
    var packedSize: Int64 { Int64(bytes.number(4, at: 12)) }
    var size: Int64 { Int64(bytes.number(4, at: 16)) }
    var sum: UInt64 { bytes.number(4, at: 20) }
    var name: [UInt8] { Array(bytes.dropFirst(Int(bytes[0])).prefix { $0 != 0 }.prefix(Member.longestName)) }

    /// Reads the header at an offset. Returns nil for the archive's end mark, which has four bytes.
    ///
    /// - Throws: `.malformed` if none is there or its checksum is wrong; `.truncated`.
    static func read(_ layer: FileSlice, at offset: Int64) throws(UnpackingError) -> ARJHeader? {
        var end = offset
        func take(_ count: Int) throws(UnpackingError) -> [UInt8] {
            let bytes = try layer.bytes(at: end, count: count)
            guard bytes.count == count else { throw UnpackingError(.truncated, "ARJ has no end") }
            end += Int64(count)
            return bytes
        }
        let start = try take(4)
        guard start.starts(with: mark) else { throw UnpackingError(.malformed, "no header at \(offset)") }
        let length = Int(start.number(2, at: 2))
        if length == 0 { return nil }
        guard lengths.contains(length) else { throw UnpackingError(.malformed, "a header of \(length) bytes") }
        let bytes = try take(length)
        guard try take(4).number(4, at: 0) == UInt64(bytes.crc32), Int(bytes[0]) <= length else {
            throw UnpackingError(.malformed, "a header with a wrong checksum")
        }
        while true {
            let extensionLength = Int(try take(2).number(2, at: 0))
            if extensionLength == 0 { return ARJHeader(bytes: bytes, end: end) }
            _ = try take(extensionLength + 4)
        }
    }
}
