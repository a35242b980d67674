/// What a PNG has packed beside its picture: a colour profile and texts (PNG, third edition, 11.3.3.3 and 11.3.4).
/// Programs for metadata write them to files.
package struct PNGTextOpener: LayerOpener {
    static let mark: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    private static let maximumChunks = 1_000_000
    private static let maximumParts = 1000
    /// The longest keyword, language and other texts before packed bytes.
    private static let longestHead = 4096

    private let layer: FileSlice
    private var parts: [(name: String, start: Int64, end: Int64)] = []
    private var isCut = false
    private var index = -1

    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        var offset = Int64(Self.mark.count)
        for _ in 0..<Self.maximumChunks {
            let head = try layer.bytes(at: offset, count: 8)
            guard head.count == 8 else { return }
            let (length, name) = (Int64(head.bigNumber(4, at: 0)), String(decoding: head[4...], as: UTF8.self))
            let data = offset + 8..<min(layer.size, offset + 8 + length)
            if let start = try Self.packedStart(name, layer[data]) {
                guard parts.count < Self.maximumParts else {
                    isCut = true
                    return
                }
                parts.append((name, data.lowerBound + start, data.upperBound))
            }
            offset += 12 + length
            if offset >= layer.size { return }
        }
        isCut = true
    }

    /// Where packed bytes begin in a chunk: behind a keyword, and the further texts of `iTXt`.
    private static func packedStart(_ name: String, _ data: FileSlice) throws(UnpackingError) -> Int64? {
        guard ["iCCP", "zTXt", "iTXt"].contains(name) else { return nil }
        let head = try data.bytes(at: 0, count: longestHead)
        guard let keyword = head.firstIndex(of: 0) else { return nil }
        if name != "iTXt" { return Int64(keyword + 2) }
        guard keyword + 2 < head.count, head[keyword + 1] == 1, let language = head[(keyword + 3)...].firstIndex(of: 0),
            let translated = head[(language + 1)...].firstIndex(of: 0)
        else { return nil }
        return Int64(translated + 1)
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        index += 1
        guard index < parts.count else {
            if isCut { throw UnpackingError(.tooLarge, "more chunks than are read") }
            return nil
        }
        return LayerPart(parts[index].name, use: .working)
    }

    /// Damage is the end: a picture is shown without its texts.
    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard parts.indices.contains(index), parts[index].start < parts[index].end else { return 0 }
        var size: Int64 = 0
        do throws(UnpackingError) {
            _ = try layer[parts[index].start..<parts[index].end].inflate(.zlib, limit: limit) {
                bytes, offset throws(UnpackingError) in
                try writeScratch(bytes, to: file, at: offset)
                size = offset + Int64(bytes.count)
            }
        } catch {
            guard error.isDamage else { throw error }
        }
        return size
    }

    package var unaccounted: [Range<Int64>] { [] }
}
