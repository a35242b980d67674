/// The binary items of an APE tag (Hydrogenaudio, "APEv2 specification"), such as covers, behind the name that each
/// begins with. A tag has a head, a foot, or both, each of 32 bytes.
package struct APEItems: ListingOpener {
    static let mark = "APETAGEX"
    private static let headLength: Int64 = 32
    private static let maximumItems: UInt64 = 65_536
    private static let isHead: UInt64 = 1 << 29

    package var parts = ListedParts()

    /// Returns the range of the items of the head or the foot at an offset of a layer, or nil if none is there.
    static func range(in layer: FileSlice, at offset: Int64) throws(UnpackingError) -> Range<Int64>? {
        let head = try layer.bytes(at: offset, count: Int(headLength))
        guard head.count == Int(headLength), [1000, 2000].contains(head.number(4, at: 8)),
            (1...maximumItems).contains(head.number(4, at: 16)), head[24...].allSatisfy({ $0 == 0 })
        else { return nil }
        // The size counts the items and the foot.
        let size = Int64(head.number(4, at: 12)) - headLength
        guard size > 0 else { return nil }
        let start = head.number(4, at: 20) & isHead != 0 ? offset + headLength : offset - size
        return start >= 0 && start + size <= layer.size ? start..<start + size : nil
    }

    /// - Parameters:
    ///   - layer: the bytes around the tag.
    ///   - mark: where its head or its foot begins.
    /// - Throws: `.tooLarge`.
    package init(_ layer: FileSlice, at mark: Int64) throws(UnpackingError) {
        guard let range = try Self.range(in: layer, at: mark) else { return }
        var (offset, items): (Int64, UInt64) = (range.lowerBound, 0)
        while offset + 8 < range.upperBound {
            items += 1
            guard items <= Self.maximumItems else { throw UnpackingError(.tooLarge, "more items than are read") }
            let head = try layer.bytes(at: offset, count: 8 + 256)
            guard head.count > 8, let key = head[8...].firstIndex(of: 0) else { return }
            let start = offset + Int64(key) + 1
            let end = start + Int64(head.number(4, at: 0))
            guard end <= range.upperBound else { return }
            if head.number(4, at: 4) & 6 == 2 {
                let value = try layer.bytes(at: start, count: 1024)
                let name = value.firstIndex(of: 0).map { Int64($0) + 1 } ?? 0
                try parts.add(
                    String(decoding: head[8..<key], as: UTF8.self), start + name..<max(end, start + name), of: layer)
            }
            offset = end
        }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
