/// The images of an icon or a cursor of Windows (`ICO`, `CUR`) or of macOS (`icns`) that are files of their own.
/// Windows' bitmaps and packed pixels are none.
package struct IconImages: ListingOpener {
    private static let entryLength = 16
    private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47]
    /// JPEG 2000: the file, and the code stream alone.
    private static let jpeg2000: [[UInt8]] = [[0, 0, 0, 0x0C, 0x6A, 0x50], [0xFF, 0x4F, 0xFF, 0x51]]
    private static let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF]
    /// The lengths of a bitmap's header.
    private static let bitmapHeaders: Set<UInt64> = [12, 40, 52, 56, 64, 108, 124]
    /// What an `icns` has packed pixels, masks and texts under.
    private static let pixels: Set<String> = [
        "ICON", "ICN#", "icm#", "icm4", "icm8", "ics#", "ics4", "ics8", "is32", "s8mk", "icl4", "icl8", "il32", "l8mk",
        "ich#", "ich4", "ich8", "ih32", "h8mk", "it32", "t8mk", "ic04", "ic05", "icsb", "icsB", "TOC ", "icnV", "name",
        "info",
    ]
    private static let maximumElements = 1000

    private let layer: FileSlice
    package var parts = ListedParts()

    /// Whether a layer begins as one: a directory of images that are behind it, or `icns` and the layer's length.
    static func isHead(_ head: FileStart) -> Bool {
        if head.has("icns") { return head.bigEndian(4, at: 4) >= 8 && head.bytes.count > 16 }
        guard head.has([0, 0, 1, 0]) || head.has([0, 0, 2, 0]) else { return false }
        let count = head.number(2, at: 4)
        let (size, offset) = (head.number(4, at: 14), head.number(4, at: 18))
        return (1...1024).contains(count) && size > 0 && offset >= 6 + 16 * count
    }

    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let head = try layer.bytes(at: 0, count: 6 + Self.entryLength * 1024)
        guard !head.starts(with: Array("icns".utf8)) else {
            try addElements()
            return
        }
        for number in 0..<Int(head.number(2, at: 4)) {
            let entry = head.dropFirst(6 + number * Self.entryLength).prefix(Self.entryLength)
            guard entry.count == Self.entryLength else { return }
            let (size, offset) = (Int64(entry.number(4, at: 8)), Int64(entry.number(4, at: 12)))
            try add("image \(number + 1)", offset..<offset + size, mayBeBitmap: true)
        }
    }

    private mutating func addElements() throws(UnpackingError) {
        var offset: Int64 = 8
        for _ in 0..<Self.maximumElements {
            let head = try layer.bytes(at: offset, count: 8)
            let length = Int64(head.bigNumber(4, at: 4))
            guard head.count == 8, length >= 8 else { return }
            let name = String(decoding: head.prefix(4), as: UTF8.self)
            if !Self.pixels.contains(name) { try add(name, offset + 8..<offset + length, mayBeBitmap: false) }
            offset += length
        }
        throw UnpackingError(.tooLarge, "more elements than are read")
    }

    private mutating func add(
        _ name: String, _ range: Range<Int64>, mayBeBitmap: Bool
    ) throws(UnpackingError) {
        let head = try layer.bytes(at: range.lowerBound, count: 8)
        let isPicture = ([Self.png, Self.jpeg] + Self.jpeg2000).contains { head.starts(with: $0) }
        if mayBeBitmap, Self.bitmapHeaders.contains(head.number(4, at: 0)) { return }
        try parts.add(name, range, of: layer, use: isPicture ? .picture : .file)
    }

    package var unaccounted: [Range<Int64>] { [] }
}
