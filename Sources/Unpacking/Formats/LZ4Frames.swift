/// The frames of an LZ4 file ("LZ4 Frame Format Description", 1.6.3), the older ones and those that are skipped among
/// them.
enum LZ4Frames {
    private static let maximumBlocks = 4_000_000
    private static let frame: UInt64 = 0x184D_2204
    private static let legacyFrame: UInt64 = 0x184C_2102

    /// Returns the end of the last whole frame of those that stand one behind the other from the start on, as far as
    /// libarchive decodes them: up to the first frame without content, which it takes for the end.
    static func end(in layer: FileSlice) throws(UnpackingError) -> Int64 {
        var (offset, blocks) = (Int64(0), 0)
        while blocks < maximumBlocks {
            let before = blocks
            guard let next = try frameEnd(in: layer, at: offset, &blocks) else { break }
            offset = next
            // The end mark alone.
            if blocks == before + 1 { break }
        }
        return offset
    }

    private static func frameEnd(
        in layer: FileSlice, at offset: Int64, _ blocks: inout Int
    ) throws(UnpackingError) -> Int64? {
        let head = FileStart(bytes: try layer.bytes(at: offset, count: 16))
        let magic = head.number(4, at: 0)
        if magic & 0xFFFF_FFF0 == 0x184D_2A50 {
            blocks += 2
            return within(layer, offset + 8 + Int64(head.number(4, at: 4)))
        }
        if magic == legacyFrame { return try legacyEnd(in: layer, at: offset + 4, &blocks) }
        guard magic == frame, head.bytes.count >= 7 else { return nil }
        let flags = head[4]
        var position = offset + 7 + (flags & 8 != 0 ? 8 : 0) + (flags & 1 != 0 ? 4 : 0)
        while blocks < maximumBlocks {
            blocks += 1
            let size = try layer.bytes(at: position, count: 4)
            guard size.count == 4 else { return nil }
            position += 4
            let length = Int64(size.number(4, at: 0) & 0x7FFF_FFFF)
            if length == 0 { return within(layer, position + (flags & 4 != 0 ? 4 : 0)) }
            position += length + (flags & 16 != 0 ? 4 : 0)
            if position > layer.size { return nil }
        }
        return nil
    }

    /// The blocks of the older format go on to the file's end, or to the next frame.
    private static func legacyEnd(
        in layer: FileSlice, at start: Int64, _ blocks: inout Int
    ) throws(UnpackingError) -> Int64? {
        var position = start
        blocks += 1
        while blocks < maximumBlocks {
            blocks += 1
            let size = try layer.bytes(at: position, count: 4)
            let length = Int64(size.number(4, at: 0))
            guard size.count == 4, length <= 16 << 20, position + 4 + length <= layer.size else { break }
            position += 4 + length
        }
        return position > start ? position : nil
    }

    private static func within(_ layer: FileSlice, _ end: Int64) -> Int64? { end <= layer.size ? end : nil }
}
