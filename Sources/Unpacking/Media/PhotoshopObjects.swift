/// A thumbnail or a linked file of Photoshop (Adobe, "Photoshop File Formats Specification": image resources 1033 and
/// 1036; "Linked Layer"), wherever it stands: in a PSD, a PSB, a TIFF or a JPEG.
package struct PhotoshopObjects: ListingOpener {
    static let thumbnailMarks: [[UInt8]] = [0x09, 0x0C].map { Array("8BIM".utf8) + [4, $0] }
    static let linkedMark = Array("liFD".utf8)
    /// What precedes the JPEG of a thumbnail.
    private static let thumbnailHead: Int64 = 28
    private static let longestName = 4096
    /// Of what may stand behind a linked file: a name.
    private static let longestTrailer = 1024

    package var parts = ListedParts()

    /// A linked file: where its bytes may begin, their number, and where its record ends.
    private struct Linked {
        let version: UInt64
        let hasDescriptor: Bool
        let start: Int64
        let length: Int64
    }

    /// Returns the length of a thumbnail or a linked file at a mark, or nil if what stands there is none.
    static func length(in layer: FileSlice, at offset: Int64) throws(UnpackingError) -> Int64? {
        if let data = try thumbnail(in: layer, at: offset) { return data.upperBound - offset }
        guard let linked = try linked(in: layer, at: offset) else { return nil }
        return linked.start + linked.length - offset
    }

    private static func thumbnail(in layer: FileSlice, at offset: Int64) throws(UnpackingError) -> Range<Int64>? {
        let head = try layer.bytes(at: offset, count: PhotoshopResources.longestHead)
        guard thumbnailMarks.contains(where: head.starts), let data = PhotoshopResources.data(of: head, at: offset),
            data.count > thumbnailHead, data.upperBound <= layer.size
        else { return nil }
        return data.lowerBound + thumbnailHead..<data.upperBound
    }

    private static func linked(in layer: FileSlice, at offset: Int64) throws(UnpackingError) -> Linked? {
        let head = try layer.bytes(at: offset, count: 9)
        guard head.starts(with: linkedMark), head.count == 9, (1...20).contains(head.bigNumber(4, at: 4)) else {
            return nil
        }
        // An identifier behind its length, a name of 16-bit letters, a type, a creator, a length, a flag.
        var place = offset + 9 + Int64(head[8])
        let letters = try layer.bytes(at: place, count: 4).bigNumber(4, at: 0)
        guard letters <= longestName else { return nil }
        place += 4 + 2 * Int64(letters)
        let sizes = try layer.bytes(at: place, count: 17)
        guard sizes.count == 17, sizes[16] <= 1 else { return nil }
        let length = sizes.bigNumber(8, at: 8)
        guard length > 0, length <= UInt64(layer.size - place) else { return nil }
        return Linked(
            version: head.bigNumber(4, at: 4), hasDescriptor: sizes[16] == 1, start: place + 17, length: Int64(length))
    }

    /// - Parameters:
    ///   - layer: the bytes around the object.
    ///   - mark: where its mark begins.
    /// - Throws: `.method` for a linked file whose beginning is not found.
    package init(_ layer: FileSlice, at mark: Int64) throws(UnpackingError) {
        if let data = try Self.thumbnail(in: layer, at: mark) {
            try parts.add("thumbnail", data, of: layer, use: .picture)
        } else if let linked = try Self.linked(in: layer, at: mark) {
            let start = linked.hasDescriptor ? try Self.start(of: linked, in: layer, at: mark) : linked.start
            guard let start else { throw UnpackingError(.method, "a linked file behind a description") }
            try parts.add("linked file", start..<start + linked.length, of: layer)
        }
    }

    /// Returns where a linked file begins behind a description of any length. The record's length precedes its mark,
    /// and behind the file are a name, a time and a flag, as its version has them.
    private static func start(
        of linked: Linked, in layer: FileSlice, at mark: Int64
    ) throws(UnpackingError) -> Int64? {
        let record = try layer.bytes(at: mark - 8, count: 8)
        guard record.count == 8 else { return nil }
        let end = mark + Int64(bounding: record.bigNumber(8, at: 0))
        guard end <= layer.size else { return nil }
        let fixed: Int64 = (linked.version >= 6 ? 8 : 0) + (linked.version >= 7 ? 1 : 0)
        guard linked.version >= 5 else { return end - linked.length >= linked.start ? end - linked.length : nil }
        for letters in 0..<Int64(longestTrailer) {
            let name = end - fixed - 2 * letters - 4
            guard name - linked.length >= linked.start else { return nil }
            if try layer.bytes(at: name, count: 4).bigNumber(4, at: 0) == letters { return name - linked.length }
        }
        return nil
    }

    package var unaccounted: [Range<Int64>] { [] }
}
