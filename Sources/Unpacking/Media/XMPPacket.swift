/// A packet of XMP (ISO 16684-1, 7.3) that carries bytes in base64, wherever it stands between other bytes: readers
/// search any file for one.
package struct XMPPacket: ListingOpener {
    static let mark = "<x:xmpmeta"
    private static let end = Array("</x:xmpmeta".utf8)

    package var parts = ListedParts()

    /// Returns the length of the packet at an offset. Without an end, it extends to the layer's.
    static func length(in layer: FileSlice, at offset: Int64) throws(UnpackingError) -> Int64 {
        let end = try layer.firstOffset(of: end, in: offset..<layer.size)
        return end.map { $0 + Int64(Self.end.count) + 1 - offset } ?? layer.size - offset
    }

    package init(_ layer: FileSlice) throws(UnpackingError) {
        try parts.add("XMP", 0..<layer.size, of: layer)
    }

    package var unaccounted: [Range<Int64>] { [] }
}
