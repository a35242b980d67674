/// The pictures and other binary attributes in the header of an ASF, WMA or WMV (Microsoft, "Advanced Systems Format
/// (ASF) Specification", revision 01.20.06, 3.11, 4.7 and 4.8).
package struct ASFAttributes: ListingOpener {
    /// The GUID of the header object.
    static let mark: [UInt8] = [
        0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C,
    ]
    private static let headerExtension: [UInt8] = [
        0xB5, 0x03, 0xBF, 0x5F, 0x2E, 0xA9, 0xCF, 0x11, 0x8E, 0xE3, 0x00, 0xC0, 0x0C, 0x20, 0x53, 0x65,
    ]
    /// The extended content description, which has no number of a stream in its rows.
    private static let description: [UInt8] = [
        0x40, 0xA4, 0xD0, 0xD2, 0x07, 0xE3, 0xD2, 0x11, 0x97, 0xF0, 0x00, 0xA0, 0xC9, 0x5E, 0xA8, 0x50,
    ]
    private static let metadata: [UInt8] = [
        0xEA, 0xCB, 0xF8, 0xC5, 0xAF, 0x5B, 0x77, 0x48, 0x84, 0x67, 0xAA, 0x8C, 0x44, 0xFA, 0x4C, 0xCA,
    ]
    private static let metadataLibrary: [UInt8] = [
        0x94, 0x1C, 0x23, 0x44, 0x98, 0x94, 0xD1, 0x49, 0xA1, 0x41, 0x1D, 0x13, 0x4E, 0x45, 0x70, 0x54,
    ]
    private static let binary: UInt64 = 1
    private static let pictureName = "WM/Picture\0".utf8.flatMap { byte -> [UInt8] in [byte, 0] }
    private static let maximumObjects = 100_000

    private let layer: FileSlice
    package var parts = ListedParts()

    /// - Throws: `.tooLarge`. An object that is damaged ends the header, as in players.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        // The header's own head: a GUID, a length, the number of objects, and two bytes.
        var offset: Int64 = 30
        let end = min(layer.size, Int64(bounding: try layer.bytes(at: 16, count: 8).number(8, at: 0)))
        for _ in 0..<Self.maximumObjects {
            let head = try layer.bytes(at: offset, count: 24)
            let length = Int64(bounding: head.number(8, at: 16))
            guard offset + 24 <= end, length >= 24 else { return }
            let body = offset + 24..<min(end, offset + length)
            switch Array(head.prefix(16)) {
            case Self.headerExtension:
                // A GUID, two bytes and a length; then objects.
                offset += 24 + 22
                continue
            case Self.description: try addRows(in: body, headLength: 0)
            case Self.metadata, Self.metadataLibrary: try addRows(in: body, headLength: 4)
            default: break
            }
            offset += length
        }
        throw UnpackingError(.tooLarge, "more objects than are read")
    }

    /// Adds the binary values of a table: of a description, each row has the length of its name, the name, the kind and
    /// the length of its value, and the value; otherwise four bytes, both lengths and the kind before the name.
    private mutating func addRows(in body: Range<Int64>, headLength: Int) throws(UnpackingError) {
        let count = Int(try layer.bytes(at: body.lowerBound, count: 2).number(2, at: 0))
        var offset = body.lowerBound + 2
        for _ in 0..<count {
            let (name, kind, value): (Range<Int64>, UInt64, Range<Int64>)
            if headLength == 0 {
                let nameLength = Int64(try layer.bytes(at: offset, count: 2).number(2, at: 0))
                name = offset + 2..<offset + 2 + nameLength
                let sizes = try layer.bytes(at: name.upperBound, count: 4)
                kind = sizes.number(2, at: 0)
                value = name.upperBound + 4..<name.upperBound + 4 + Int64(sizes.number(2, at: 2))
            } else {
                let head = try layer.bytes(at: offset, count: 12)
                name = offset + 12..<offset + 12 + Int64(head.number(2, at: 4))
                kind = head.number(2, at: 6)
                value = name.upperBound..<name.upperBound + Int64(head.number(4, at: 8))
            }
            guard value.lowerBound < body.upperBound else { return }
            if kind == Self.binary { try add(value, name: layer.bytes(at: name.lowerBound, count: name.count)) }
            offset = value.upperBound
        }
    }

    /// A picture stands behind its kind, its length, its type and its description.
    private mutating func add(_ value: Range<Int64>, name: [UInt8]) throws(UnpackingError) {
        guard name == Self.pictureName else {
            try parts.add("attribute", value, of: layer, use: .working)
            return
        }
        let length = Int64(try layer.bytes(at: value.lowerBound + 1, count: 4).number(4, at: 0))
        let texts = try layer.bytes(at: value.lowerBound + 5, count: min(value.count, 1 << 16))
        var (index, ends) = (0, 0)
        while index + 1 < texts.count, ends < 2 {
            if texts[index] == 0, texts[index + 1] == 0 { ends += 1 }
            index += 2
        }
        let start = value.lowerBound + 5 + Int64(index)
        try parts.add("picture", start..<start + length, of: layer, use: .picture)
    }

    package var unaccounted: [Range<Int64>] { [] }
}
