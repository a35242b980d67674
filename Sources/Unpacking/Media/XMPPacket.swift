/// A packet of XMP (ISO 16684-1, 7.3) that carries bytes in base64, wherever it stands between other bytes: readers
/// search any file for one.
package struct XMPPacket: ListingOpener {
    /// The element around a packet, its former name, and the element within, which may stand alone.
    static let marks = ["<x:xmpmeta", "<x:xapmeta", "<rdf:RDF"]

    package var parts = ListedParts()

    /// Returns the length of the packet at an offset. Without an end, it extends to the next one or the layer's end.
    static func length(in layer: FileSlice, at offset: Int64) throws(UnpackingError) -> Int64 {
        let head = FileStart(bytes: try layer.bytes(at: offset, count: 16))
        let mark = marks.first { head.has($0) } ?? marks[0]
        let end = Array("</\(mark.dropFirst())".utf8)
        let next = try layer.firstOffset(of: Array(mark.utf8), in: offset + 1..<layer.size) ?? layer.size
        let place = try layer.firstOffset(of: end, in: offset..<next)
        return place.map { $0 + Int64(end.count) + 1 - offset } ?? next - offset
    }

    package init(_ layer: FileSlice) throws(UnpackingError) {
        try parts.add("XMP", 0..<layer.size, of: layer)
    }

    package var unaccounted: [Range<Int64>] { [] }
}
