/// The parts of an EPS with a head for DOS: the PostScript, and a preview in WMF or TIFF (Adobe, "Encapsulated
/// PostScript File Format Specification", version 3.0, 5.2).
package struct DOSPostScript: ListingOpener {
    static let mark: [UInt8] = [0xC5, 0xD0, 0xD3, 0xC6]

    package var parts = ListedParts()

    /// - Throws: `.truncated` if a part ends behind the layer.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        let head = try layer.bytes(at: 0, count: 28)
        for (name, place, use) in [
            ("PostScript", 4, LayerPart.Use.file), ("WMF", 12, .picture), ("TIFF", 20, .picture),
        ] {
            let (start, length) = (Int64(head.number(4, at: place)), Int64(head.number(4, at: place + 4)))
            guard length > 0 else { continue }
            guard start + length <= layer.size else { throw UnpackingError(.truncated, "the \(name) is cut") }
            try parts.add(name, start..<start + length, of: layer, use: use)
        }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
