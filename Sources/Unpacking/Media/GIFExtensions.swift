/// The comments, plain texts and data of applications in a GIF, whose blocks of up to 255 bytes are joined, and what
/// stands behind the end (CompuServe, "GIF89a", sections 24 to 26).
package struct GIFExtensions: ListingOpener {
    /// A film of a gigabyte has four million.
    private static let maximumBlocks = 50_000_000
    private static let windowLength = 1 << 16
    /// Shorter comments are words.
    private static let shortest: Int64 = 32
    private static let trailer: UInt8 = 0x3B
    private static let picture: UInt8 = 0x2C
    private static let introducer: UInt8 = 0x21
    private static let comment: UInt8 = 0xFE
    private static let application: UInt8 = 0xFF
    private static let plainText: UInt8 = 1

    package var parts = ListedParts()
    private let layer: FileSlice
    private var blocks = 0
    /// What was read last, and where it begins.
    private var window: (start: Int64, bytes: [UInt8]) = (0, [])

    static func isHead(_ head: FileStart) -> Bool {
        (head.has("GIF87a") || head.has("GIF89a")) && head.bytes.count > 13
    }

    /// - Throws: `.tooLarge`. Damage is the end, as in readers.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let head = try layer.bytes(at: 0, count: 13)
        guard head.count == 13 else { return }
        var offset = 13 + Self.tableLength(head[10])
        while true {
            let start = try layer.bytes(at: offset, count: 10)
            switch start.first {
            case Self.introducer where start.count > 1:
                offset = try takeExtension(start[1], from: offset + 2)
            case Self.picture where start.count == 10:
                // The size of the first code follows the table of colours.
                offset = try skipBlocks(from: offset + 10 + Self.tableLength(start[9]) + 1, into: nil).end
            case Self.trailer:
                try parts.add("trailer", offset + 1..<layer.size, of: layer, isGuess: true)
                return
            default: return
            }
        }
    }

    private static func tableLength(_ flags: UInt8) -> Int64 { flags & 0x80 == 0 ? 0 : 3 << (Int64(flags & 7) + 1) }

    private mutating func takeExtension(_ label: UInt8, from start: Int64) throws(UnpackingError) -> Int64 {
        guard [Self.comment, Self.application, Self.plainText].contains(label) else {
            return try skipBlocks(from: start, into: nil).end
        }
        // An application's name is a block of its own, and so is the grid of a plain text.
        let name = label != Self.comment ? 1 + Int64(try layer.bytes(at: start, count: 1).first ?? 0) : 0
        let (data, end) = try skipBlocks(from: start + name, into: ScatteredSlice(layer))
        if let data, data.size >= Self.shortest {
            try parts.add(ListedParts.Part(Array("extension".utf8), .layer(data), isGuess: true))
        }
        return end
    }

    /// Returns the bytes of a list of blocks, and where it ends.
    private mutating func skipBlocks(
        from start: Int64, into data: ScatteredSlice?
    ) throws(UnpackingError) -> (data: ScatteredSlice?, end: Int64) {
        var (data, offset) = (data, start)
        while let length = try byte(at: offset) {
            blocks += 1
            guard blocks <= Self.maximumBlocks else { throw UnpackingError(.tooLarge, "more blocks than are read") }
            offset += 1
            guard length > 0 else { break }
            try data?.append((offset..<offset + Int64(length)).clamped(to: 0..<layer.size))
            offset += Int64(length)
        }
        return (data, offset)
    }

    /// Returns nil at the layer's end.
    private mutating func byte(at offset: Int64) throws(UnpackingError) -> UInt8? {
        if !(window.start..<window.start + Int64(window.bytes.count)).contains(offset) {
            window = (offset, try layer.bytes(at: offset, count: Self.windowLength))
        }
        return window.bytes.isEmpty ? nil : window.bytes[Int(offset - window.start)]
    }

    package var unaccounted: [Range<Int64>] { [] }
}
