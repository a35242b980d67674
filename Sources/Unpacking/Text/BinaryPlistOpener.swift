/// The data objects of a binary property list: web archives hold pages and files in them. Source: `CFBinaryPList.c` of
/// Core Foundation.
package struct BinaryPlistOpener: LayerOpener {
    private let layer: FileSlice
    private let offsetSize: Int
    private let count: Int64
    private let tableStart: Int64
    private var index: Int64 = 0
    private var current: Range<Int64>?
    private var seen: Set<Int64> = []

    private static let maximumObjects: Int64 = 1 << 20
    /// The lengths of SHA-1 and SHA-256, of which an app lists one or two for each of its files.
    static let hashes: Set<Int> = [20, 32]

    /// - Throws: `.truncated` or `.malformed` if its last 32 bytes do not lead to a table of objects.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let trailer = try layer.bytes(at: layer.size - 32, count: 32)
        guard trailer.count == 32 else { throw UnpackingError(.truncated, "a property list of \(layer.size) bytes") }
        offsetSize = Int(trailer[6])
        count = Self.number(trailer[8..<16])
        tableStart = Self.number(trailer[24..<32])
        guard (1...8).contains(offsetSize), (0...Self.maximumObjects).contains(count), tableStart >= 0,
            tableStart <= layer.size - 32 - count * Int64(offsetSize)
        else { throw UnpackingError(.malformed, "a property list without a table of objects") }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int64 {
        Int64(clamping: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    package var unaccounted: [Range<Int64>] { [] }
    package var isStored: Bool { true }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        while index < count {
            let entry = try layer.bytes(at: tableStart + index * Int64(offsetSize), count: offsetSize)
            index += 1
            let offset = Self.number(entry[...])
            guard let range = try data(at: offset), seen.insert(offset).inserted, !Self.hashes.contains(range.count)
            else { continue }
            current = range
            return LayerPart("data \(index)", size: Int64(range.count))
        }
        return nil
    }

    /// The bytes of a data object, or nil for another object. A length of 15 or more is an integer object.
    private func data(at offset: Int64) throws(UnpackingError) -> Range<Int64>? {
        let head = try layer.bytes(at: offset, count: 10)
        guard let first = head.first, first >> 4 == 4 else { return nil }
        var (length, start) = (Int64(first & 15), offset + 1)
        if length == 15 {
            guard head.count > 1, head[1] >> 4 == 1, head[1] & 15 <= 3 else { return nil }
            let width = 1 << Int(head[1] & 15)
            guard head.count >= 2 + width else { return nil }
            (length, start) = (Self.number(head[2..<2 + width]), offset + 2 + Int64(width))
        }
        guard length <= layer.size - start else {
            throw UnpackingError(.truncated, "\(length) bytes at \(start)")
        }
        return start..<start + length
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard let current else { return 0 }
        return try layer.copy(current, into: file, limit: limit)
    }
}
