/// The values of a TIFF or of Exif that are files or could be (Adobe, "TIFF", revision 6.0, section 2; BigTIFF; CIPA
/// DC-008): thumbnails, colour profiles, texts, the notes of a camera, whatever has no type. Pixels are matched with
/// the layer. Programs for metadata write each value to a file.
package struct TIFFEntries: ListingOpener {
    /// What may precede it in an item of HEIF and in a WebP.
    private static let heads: [[UInt8]] = [[], Array("Exif\0\0".utf8), [0, 0, 0, 6] + Array("Exif\0\0".utf8)]
    /// What these marks differ in: the order of bytes, and TIFF, BigTIFF, Panasonic, Olympus.
    private static let marks: [[UInt8]] =
        [0x2A, 0x2B, 0x55].map { [0x49, 0x49, $0, 0] } + [0x2A, 0x2B].map { [0x4D, 0x4D, 0, $0] }
        + [Array("IIRO".utf8), Array("IIRS".utf8), Array("MMOR".utf8)]
    /// Each page of a document, and each plane of a microscope's picture, has a directory.
    private static let maximumDirectories = 100_000
    private static let maximumEntries = 1_000_000
    /// Shorter values are numbers and words.
    private static let shortest: UInt64 = 32
    /// Shorter texts are names, such as that of a lens.
    private static let shortestText: UInt64 = 64
    /// Bytes, text, signed bytes, bytes without a type.
    private static let byteTypes: Set<UInt64> = [1, 2, 6, 7]
    private static let text: UInt64 = 2
    /// Tags of texts before which the name of a character set stands: comments, and two of positions.
    private static let comments: Set<UInt64> = [0x9286, 0x1B, 0x1C]
    private static let characterSet: UInt64 = 8
    /// Types of four bytes: numbers, offsets of directories.
    private static let wordTypes: Set<UInt64> = [4, 13]
    /// Tags whose values are offsets of directories: of versions, Exif, positions, interoperability.
    private static let directories: Set<UInt64> = [0x14A, 0x8769, 0x8825, 0xA005]
    /// The tags of the offset and the length of a thumbnail, and of a picture in one strip.
    private static let thumbnail: (start: UInt64, length: UInt64) = (0x201, 0x202)
    private static let strip: (start: UInt64, length: UInt64) = (0x111, 0x117)
    private static let compression: UInt64 = 0x103
    /// JPEG, of the old kind and of the new, and lossy JPEG.
    private static let jpeg: Set<UInt64> = [6, 7, 34892]
    /// Data sets of the IPTC, which programs store as numbers of four bytes.
    private static let captions: UInt64 = 0x83BB

    package var parts = ListedParts()
    private let layer: FileSlice
    private let isBig: Bool
    /// Whether offsets have eight bytes.
    private let isLong: Bool
    private var entries = 0
    private var seen: Set<Range<Int64>> = []

    static func isHead(_ head: FileStart) -> Bool { start(head) != nil }

    /// Returns where the TIFF begins, or nil if none is there.
    private static func start(_ head: FileStart) -> Int64? {
        heads.first { before in
            head.has(before) && marks.contains { head.has($0, at: before.count) }
        }.map { Int64($0.count) }
    }

    /// - Throws: `.tooLarge`. Damage ends a directory: the picture is shown without.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        let start = Self.start(FileStart(bytes: try layer.bytes(at: 0, count: 16))) ?? 0
        self.layer = layer[start..<layer.size]
        let head = FileStart(bytes: try layer.bytes(at: start, count: 16))
        isBig = head[0] == 0x4D
        isLong = head[isBig ? 3 : 2] == 0x2B
        let first = isLong ? number(head.bytes, 8, at: 8) : number(head.bytes, 4, at: 4)
        var (pending, known): ([UInt64], Set<UInt64>) = ([first], [first])
        while let directory = pending.popLast() {
            guard directory > 0, directory < UInt64(layer.size) else { continue }
            for other in try read(Int64(directory)) where known.insert(other).inserted { pending.append(other) }
            guard known.count <= Self.maximumDirectories else {
                throw UnpackingError(.tooLarge, "more than \(Self.maximumDirectories) directories")
            }
        }
    }

    private func number(_ bytes: [UInt8], _ count: Int, at place: Int) -> UInt64 {
        guard place + count <= bytes.count else { return 0 }
        return isBig ? bytes.bigNumber(count, at: place) : bytes.number(count, at: place)
    }

    /// Adds the values of a directory, and returns the offsets of those that it leads to.
    private mutating func read(_ start: Int64) throws(UnpackingError) -> [UInt64] {
        let (countLength, wordLength, rowLength) = isLong ? (8, 8, 20) : (2, 4, 12)
        let count = min(
            UInt64(Self.maximumEntries), number(try layer.bytes(at: start, count: countLength), countLength, at: 0))
        let rows = try layer.bytes(at: start + Int64(countLength), count: rowLength * Int(count) + wordLength)
        var others = [number(rows, wordLength, at: rowLength * Int(count))]
        var single: [UInt64: UInt64] = [:]
        for place in stride(from: 0, to: min(rows.count, rowLength * Int(count)), by: rowLength) {
            entries += 1
            guard entries <= Self.maximumEntries else {
                throw UnpackingError(.tooLarge, "more than \(Self.maximumEntries) entries")
            }
            let (tag, type) = (number(rows, 2, at: place), number(rows, 2, at: place + 2))
            let (length, field) = (number(rows, wordLength, at: place + 4), place + 4 + wordLength)
            // In a field of eight bytes, one number of four stands first.
            let value = number(rows, length == 1 && Self.wordTypes.contains(type) ? 4 : wordLength, at: field)
            if length == 1 { single[tag] = type == 3 ? number(rows, 2, at: field) : value }
            if Self.directories.contains(tag) {
                // Of four bytes, or of eight.
                let width = type == 3 ? 2 : type < 16 ? 4 : 8
                let inline = rows[min(field, rows.count)...].prefix(wordLength)
                let offsets = try offsets(length, width, at: value, or: Array(inline))
                entries += offsets.count
                others += offsets
            } else if Self.byteTypes.contains(type),
                length >= (type == Self.text ? Self.shortestText : Self.shortest)
            {
                try add("value \(tag)", value, length)
                if Self.comments.contains(tag), length > Self.characterSet {
                    try add("comment", value + Self.characterSet, length - Self.characterSet)
                }
            } else if tag == Self.captions, type == 4, length < UInt64(layer.size) {
                try add("captions", value, 4 * length)
            }
        }
        let isJPEG = single[Self.compression].map(Self.jpeg.contains) ?? false
        for place in isJPEG ? [Self.thumbnail, Self.strip] : [Self.thumbnail] {
            if let start = single[place.start], let length = single[place.length] {
                try add("picture", start, length, .picture)
            }
        }
        return others
    }

    /// Returns a list of offsets of `width` bytes, which stands in the field itself if there is room.
    private func offsets(
        _ count: UInt64, _ width: Int, at place: UInt64, or field: [UInt8]
    ) throws(UnpackingError) -> [UInt64] {
        // One more than are read.
        let length = width * Int(min(count, UInt64(Self.maximumDirectories) + 1))
        let list =
            length <= field.count
            ? Array(field.prefix(length)) : try layer.bytes(at: Int64(bounding: place), count: length)
        return stride(from: 0, to: list.count, by: width).map { number(list, width, at: $0) }
    }

    private mutating func add(
        _ name: String, _ start: UInt64, _ length: UInt64, _ use: LayerPart.Use = .file
    ) throws(UnpackingError) {
        guard start < UInt64(layer.size) else { return }
        let range = Int64(start)..<Int64(start + min(length, UInt64(layer.size)))
        guard seen.insert(range).inserted else { return }
        try parts.add(name, range, of: layer, use: use, isGuess: true)
    }

    package var unaccounted: [Range<Int64>] { [] }
}
