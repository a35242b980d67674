/// The image resources of Photoshop (Adobe, "Photoshop File Formats Specification"), as a PSD has them and as a JPEG or
/// a TIFF does, and of those of the IPTC the values of each data set (IPTC, "Information Interchange Model", 1.6).
package struct PhotoshopResources: ListingOpener {
    /// Those of other programs stand between Adobe's.
    private static let marks = ["8BIM", "MeSa", "PHUT", "AgHg", "DCSR"].map { Array($0.utf8) }
    private static let document = "8BPS"
    private static let captions: UInt64 = 0x404
    private static let thumbnails: Set<UInt64> = [0x409, 0x40C]
    private static let maximumResources = 10_000
    /// The length of a resource's head, with the longest name.
    static let longestHead = 6 + 256 + 6
    /// Shorter values are numbers and words.
    private static let shortest: Int64 = 32
    /// The length of a PSD's head, before the table of its colours.
    private static let headLength: Int64 = 26

    package var parts = ListedParts()
    private let layer: FileSlice

    static func isHead(_ head: FileStart) -> Bool { marks.contains { head.has($0) } || head.has(document) }

    /// - Throws: `.tooLarge`. Damage is the end, as in readers.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        var (offset, end): (Int64, Int64) = (0, layer.size)
        if try layer.bytes(at: 0, count: 4) == Array(Self.document.utf8) {
            let colours = Int64(try layer.bytes(at: Self.headLength, count: 4).bigNumber(4, at: 0))
            let start = Self.headLength + 4 + colours
            end = min(layer.size, start + 4 + Int64(try layer.bytes(at: start, count: 4).bigNumber(4, at: 0)))
            offset = start + 4
        }
        for _ in 0..<Self.maximumResources {
            guard offset < end else { return }
            let head = try layer.bytes(at: offset, count: Self.longestHead)
            guard Self.marks.contains(where: { head.starts(with: $0) }), let data = Self.data(of: head, at: offset)
            else {
                return
            }
            let (length, range) = (Int64(data.count), data.clamped(to: 0..<end))
            let number = head.bigNumber(2, at: 4)
            if number == Self.captions { try addCaptions(range) }
            // `PhotoshopObjects` finds a whole thumbnail, but not at the first byte of a layer.
            let isFoundByMark = Self.thumbnails.contains(number) && offset > 0 && data.upperBound <= end
            if length >= Self.shortest, !isFoundByMark { try parts.add("resource", range, of: layer, isGuess: true) }
            offset = data.upperBound + length & 1
        }
        throw UnpackingError(.tooLarge, "more resources than are read")
    }

    /// Returns where the bytes of a resource stand, by its head: a mark, a number, a name behind its length, padded to
    /// an even number of bytes, and their number. Nil if the head is cut.
    static func data(of head: [UInt8], at offset: Int64) -> Range<Int64>? {
        guard head.count > 11 else { return nil }
        let name = (Int(head[6]) + 2) & ~1
        let start = offset + 10 + Int64(name)
        return start..<start + Int64(head.bigNumber(4, at: 6 + name))
    }

    /// Data sets: `1C`, a record, a number, a length. Its highest bit says that it is the length of the length.
    ///
    /// - Throws: `.tooLarge`.
    private mutating func addCaptions(_ range: Range<Int64>) throws(UnpackingError) {
        var offset = range.lowerBound
        for _ in 0..<Self.maximumResources {
            let head = try layer.bytes(at: offset, count: 5 + 8)
            guard offset < range.upperBound, head.count > 4, head[0] == 0x1C else { return }
            let short = head.bigNumber(2, at: 3)
            let digits = short & 0x8000 == 0 ? 0 : Int(short & 0x7FFF)
            guard digits <= 8 else { return }
            let start = offset + 5 + Int64(digits)
            let length = Int64(bounding: short & 0x8000 == 0 ? short : head.bigNumber(digits, at: 5))
            if length >= Self.shortest { try parts.add("caption", start..<start + length, of: layer, isGuess: true) }
            offset = start + length
        }
        throw UnpackingError(.tooLarge, "more captions than are read")
    }

    package var unaccounted: [Range<Int64>] { [] }
}
