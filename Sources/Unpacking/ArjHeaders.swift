/// Goes through an ARJ archive header by header, to the mark of its end. libarchive reads none, and libclamav stops without a
/// word where one is cut. Source: "ARJ Technical Information", the file TECHNOTE.TXT that comes with ARJ.
package struct ArjHeaders {
    private let file: FileStretch
    private var place: Int64 = 0
    /// Bytes from the archive's start to behind the mark of its end; nil as long as that was not reached.
    package private(set) var end: Int64?

    private static let mark: [UInt8] = [0x60, 0xEA]
    private static let largestHeader = 2600
    private static let fixedLength = 30
    private static let bestMethod = 4

    /// - Throws: what is wrong with the archive's own header; `.method` for one volume of several.
    package init(descriptor: CInt, offset: Int64 = 0, size: Int64) throws(UnpackingError) {
        file = FileStretch(descriptor: descriptor, start: offset, size: size)
        guard let header = try header() else {
            throw UnpackingError(.malformed, "the end's mark where the archive's header should be")
        }
        try header.checkVolume()
    }

    /// The next member, its data passed over; nil at the mark of the end, and nowhere else.
    ///
    /// - Throws: `.truncated` where the file ends before that mark, `.malformed` where a header's check sum is wrong, `.method`
    ///   for a member that nothing here unpacks.
    package mutating func next() throws(UnpackingError) -> Member? {
        guard end == nil else { return nil }
        guard let header = try header() else {
            end = place
            return nil
        }
        guard header.packedSize <= file.size - place else {
            throw UnpackingError(.truncated, "\(header.name): \(header.packedSize) bytes at \(place)")
        }
        place += header.packedSize
        try header.checkVolume()
        let holdsData = header.packedSize > 0 || header.size > 0
        if holdsData, !header.isEncrypted, header.method > Self.bestMethod {
            throw UnpackingError(.method, "\(header.name), method \(header.method)")
        }
        return Member(name: header.name, size: header.size, isEncrypted: header.isEncrypted, holdsData: holdsData)
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
            // Goes on in the next volume; goes on from the one before.
            if flags & 0x0C != 0 { throw UnpackingError(.method, "one volume of several") }
        }
    }

    /// The header at `place`, which then stands behind it and its extensions; nil for the mark of the end.
    private mutating func header() throws(UnpackingError) -> Header? {
        let start = try take(4)
        guard start.starts(with: Self.mark) else { throw UnpackingError(.malformed, "no header at \(place - 4)") }
        let length = Int(start.number(2, at: 2))
        if length == 0 { return nil }
        guard (Self.fixedLength...Self.largestHeader).contains(length) else {
            throw UnpackingError(.malformed, "a header of \(length) bytes")
        }
        let bytes = try take(length)
        guard try take(4).number(4, at: 0) == UInt64(bytes.checksum), Int(bytes[0]) >= Self.fixedLength,
            Int(bytes[0]) <= length
        else { throw UnpackingError(.malformed, "a header whose check sum is wrong") }
        while true {
            let extensionLength = Int(try take(2).number(2, at: 0))
            if extensionLength == 0 { return Header(bytes: bytes) }
            _ = try take(extensionLength + 4)
        }
    }

    private mutating func take(_ count: Int) throws(UnpackingError) -> [UInt8] {
        let bytes = try file.bytes(at: place, count: count)
        guard bytes.count == count else { throw UnpackingError(.truncated, "ARJ without its end") }
        place += Int64(count)
        return bytes
    }

    /// Bytes behind the archive's end, zeros right behind it left out; 0 before that end is reached.
    package func trailingBytes() throws(UnpackingError) -> Int64 {
        guard let end, let rest = try file.firstByteNotZero(in: end..<max(end, file.size)) else { return 0 }
        return file.size - rest
    }
}
