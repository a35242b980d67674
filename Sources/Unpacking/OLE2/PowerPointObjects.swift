/// The OLE2 files in records of a PowerPoint 97 document ([MS-PPT], "ExOleObjStg" and its kin, type 0x1011): embedded
/// objects, controls and macros. Each is stored as it is, or behind its size as a zlib stream.
package struct PowerPointObjects: LayerOpener {
    private let layer: FileSlice
    private var offset: Int64 = 0
    private var record: Range<Int64>?

    private static let headerLength: Int64 = 8
    static let plainMark: [UInt8] = [0, 0, 0x11, 0x10]
    static let compressedMark: [UInt8] = [0x10, 0, 0x11, 0x10]
    private static let type: [UInt8] = [0x11, 0x10]

    /// - Parameter layer: from the first record's header on.
    package init(_ layer: FileSlice) { self.layer = layer }

    /// Returns the record's length if a valid one stands at an offset, or nil.
    static func length(in slice: FileSlice, at offset: Int64) throws(UnpackingError) -> Int64? {
        let head = try slice.bytes(at: offset, count: Int(headerLength) + 64)
        guard head.count >= 16 else { return nil }
        let length = Int64(head.number(4, at: 4))
        guard length >= 8, offset + headerLength + length <= slice.size + 4096 else { return nil }
        if head.starts(with: plainMark) {
            return head.dropFirst(8).starts(with: OLE2File.magic) ? headerLength + length : nil
        }
        guard head.starts(with: compressedMark) else { return nil }
        let isZlib = ZlibStream.prefix(of: Array(head.dropFirst(12)), .zlib, count: 16) != nil
        return isZlib ? headerLength + length : nil
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        record = nil
        while let mark = try layer.firstOffset(of: Self.type, in: offset..<layer.size) {
            offset = mark + 2
            guard let length = try Self.length(in: layer, at: mark - 2) else { continue }
            record = mark - 2..<min(layer.size, mark - 2 + length)
            offset = max(offset, min(layer.size, mark - 2 + length))
            return LayerPart("an object")
        }
        return nil
    }

    package var unaccounted: [Range<Int64>] { [] }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard let record else { return 0 }
        let body = min(record.upperBound, record.lowerBound + Self.headerLength)..<record.upperBound
        if try layer.bytes(at: record.lowerBound, count: 4) == Self.plainMark {
            return try layer.copy(body, into: file, limit: limit)
        }
        let packed = ScatteredSlice(layer, min(body.upperBound, body.lowerBound + 4)..<body.upperBound)
        let size = try layer.bytes(at: body.lowerBound, count: 4).number(4, at: 0)
        return try packed.inflate(.zlib, from: 0, into: file, limit: limit, declaredSize: Int64(size)).size
    }
}
