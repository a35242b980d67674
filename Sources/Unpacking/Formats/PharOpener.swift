/// The files of a PHP archive (PHP manual, "Phar file format"): a script, a manifest, and the files' data in its order.
package struct PharOpener: ListingOpener {
    static let mark = "__HALT_COMPILER();"
    private static let longestManifest = 64 << 20
    private static let maximumFiles = 100_000
    private static let deflated: UInt64 = 0x1000

    private let layer: FileSlice
    /// Bytes packed by bzip2 are a stream that the walk opens.
    package var parts = ListedParts(maximum: maximumFiles)
    private var end: Int64 = 0

    /// Returns where the manifest begins behind the script's end at `offset`, or nil if what follows is none.
    static func manifest(in layer: FileSlice, at offset: Int64) throws(UnpackingError) -> Int64? {
        let start = offset + Int64(mark.utf8.count)
        let bytes = try layer.bytes(at: start, count: 32)
        var skipped = 0
        // ` ?>` and one line end may follow.
        for text in [" ?>", "?>", "\r\n", "\n"] where bytes.dropFirst(skipped).starts(with: text.utf8) {
            skipped += text.utf8.count
        }
        let head = Array(bytes.dropFirst(skipped))
        guard head.count >= 18, [0x10, 0x11].contains(head[8]),
            (1...UInt64(maximumFiles)).contains(head.number(4, at: 4)),
            (18...UInt64(longestManifest)).contains(head.number(4, at: 0))
        else { return nil }
        let place = start + Int64(skipped)
        return place + 4 + Int64(head.number(4, at: 0)) <= layer.size ? place : nil
    }

    /// - Parameter layer: from the mark on.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        guard let start = try Self.manifest(in: layer, at: 0) else {
            throw UnpackingError(.malformed, "no manifest behind the script")
        }
        let length = Int(try layer.bytes(at: start, count: 4).number(4, at: 0))
        let bytes = try layer.bytes(at: start + 4, count: length)
        guard bytes.count == length else { throw UnpackingError(.truncated, "the manifest is cut") }
        var position = 10
        func skip(_ count: Int) throws(UnpackingError) {
            guard count <= bytes.count - position else { throw UnpackingError(.malformed, "a manifest ends early") }
            position += count
        }
        func number() throws(UnpackingError) -> Int {
            try skip(4)
            return Int(bytes.number(4, at: position - 4))
        }
        for _ in 0..<2 { try skip(try number()) }
        end = start + 4 + Int64(length)
        for _ in 0..<Int(bytes.number(4, at: 0)) {
            let nameLength = try number()
            try skip(nameLength)
            let name = Array(bytes[position - nameLength..<position])
            for _ in 0..<2 { _ = try number() }
            let packed = Int64(try number())
            _ = try number()
            let flags = UInt64(try number())
            try skip(try number())
            guard packed <= layer.size - end else { throw UnpackingError(.truncated, "a file is cut") }
            let isDeflated = flags & Self.deflated != 0
            let data = ScatteredSlice(layer, end..<end + packed)
            try parts.add(ListedParts.Part(name, .layer(data, isDeflated ? .deflate : .none)))
            end += packed
        }
    }

    /// A signature follows, of at most some kilobytes: it is inspected like anything else.
    package var unaccounted: [Range<Int64>] { layer.rests(behind: end) }
}
