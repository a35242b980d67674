/// Reads an ARJ archive header by header, up to its end mark. libarchive has no reader for ARJ, and libclamav stops
/// silently where an archive is cut. Source: "ARJ Technical Information", the file TECHNOTE.TXT of ARJ.
package struct ArjHeaders {
    private let file: FileSlice
    private var offset: Int64 = 0
    /// The offset after the end mark. Nil before that is reached.
    package private(set) var end: Int64?

    private static let headerID: [UInt8] = [0x60, 0xEA]
    private static let maximumHeaderLength = 2600
    private static let minimumHeaderLength = 30
    private static let lastKnownMethod = 4

    /// - Throws: what is wrong with the archive's own header; `.method` for one volume of several.
    package init(descriptor: CInt, offset: Int64 = 0, size: Int64) throws(UnpackingError) {
        file = FileSlice(descriptor: descriptor, start: offset, size: size)
        guard let header = try header() else {
            throw UnpackingError(.malformed, "an end mark in place of the archive's header")
        }
        try header.checkVolume()
    }

    /// Returns the next member and skips its data. Returns nil at the end mark only.
    ///
    /// - Throws: `.truncated` if the file ends before that mark, `.malformed` if a header's checksum is wrong,
    ///   `.method` for a member that nothing here unpacks.
    package mutating func next() throws(UnpackingError) -> Member? {
        guard end == nil else { return nil }
        guard let header = try header() else {
            end = offset
            return nil
        }
        guard header.packedSize <= file.size - offset else {
            throw UnpackingError(.truncated, "\(header.name): \(header.packedSize) bytes at \(offset)")
        }
        offset += header.packedSize
        try header.checkVolume()
        let holdsData = header.packedSize > 0 || header.size > 0
        if holdsData, !header.isEncrypted, header.method > Self.lastKnownMethod {
            throw UnpackingError(.method, "\(header.name), method \(header.method)")
        }
        return Member(
            name: header.name, size: header.size, isEncrypted: header.isEncrypted, holdsData: holdsData,
            linkTarget: [])
    }

    private struct Header {
        let bytes: [UInt8]

        private var flags: UInt8 { bytes[4] }
        var isEncrypted: Bool { flags & 1 != 0 }
        var method: Int { Int(bytes[5]) }
        var packedSize: Int64 { Int64(bytes.number(4, at: 12)) }
        var size: Int64 { Int64(bytes.number(4, at: 16)) }
        var name: String {
            printable(Array(bytes.dropFirst(Int(bytes[0])).prefix { $0 != 0 }.prefix(Member.longestName)))
        }

        func checkVolume() throws(UnpackingError) {
            // Continued in the next volume; continued from the previous one.
            if flags & 0x0C != 0 { throw UnpackingError(.method, "one volume of several") }
        }
    }

    /// Reads the header at `offset` and its extended headers. Returns nil for the end mark.
    private mutating func header() throws(UnpackingError) -> Header? {
        let start = try take(4)
        guard start.starts(with: Self.headerID) else { throw UnpackingError(.malformed, "no header at \(offset - 4)") }
        let length = Int(start.number(2, at: 2))
        if length == 0 { return nil }
        guard (Self.minimumHeaderLength...Self.maximumHeaderLength).contains(length) else {
            throw UnpackingError(.malformed, "a header of \(length) bytes")
        }
        let bytes = try take(length)
        guard try take(4).number(4, at: 0) == UInt64(bytes.crc32), Int(bytes[0]) >= Self.minimumHeaderLength,
            Int(bytes[0]) <= length
        else { throw UnpackingError(.malformed, "a header with a wrong checksum") }
        while true {
            let extensionLength = Int(try take(2).number(2, at: 0))
            if extensionLength == 0 { return Header(bytes: bytes) }
            _ = try take(extensionLength + 4)
        }
    }

    private mutating func take(_ count: Int) throws(UnpackingError) -> [UInt8] {
        let bytes = try file.bytes(at: offset, count: count)
        guard bytes.count == count else { throw UnpackingError(.truncated, "ARJ has no end") }
        offset += Int64(count)
        return bytes
    }

    /// The number of bytes after the archive's end, without zeros directly after it. 0 before that end is reached.
    package func trailingBytes() throws(UnpackingError) -> Int64 {
        guard let end, let rest = try file.firstNonzeroOffset(in: end..<max(end, file.size)) else { return 0 }
        return file.size - rest
    }
}
