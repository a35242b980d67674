/// A font for the web: WOFF (W3C, "WOFF File Format 1.0") becomes the font that it packs; of WOFF 2, the bytes of all
/// tables in the order of their directory. The metadata and the private data of both are parts.
package struct WebFont: LayerOpener {
    private static let maximumTables = 4096
    /// The number in a WOFF 2 directory that says that the table's tag follows.
    private static let otherTag: UInt8 = 63
    /// The numbers of `glyf` and `loca`, which are transformed unless their version is 3.
    private static let transformed: Set<UInt8> = [10, 11]

    private enum Part {
        case font
        case tables(Range<Int64>)
        case metadata(Range<Int64>)
        case privateData(Range<Int64>)
    }

    /// A table of WOFF: where it is, and its unpacked length.
    private struct Table {
        let tag: [UInt8]
        let packed: Range<Int64>
        let size: UInt64
        let checksum: [UInt8]
    }

    private let layer: FileSlice
    private let isSecond: Bool
    private var tables: [Table] = []
    private var parts: [Part] = []
    private var index = -1

    static func isHead(_ head: FileStart) -> Bool {
        (head.has("wOFF") || head.has("wOF2")) && (1...UInt64(maximumTables)).contains(head.bigEndian(2, at: 12))
    }

    /// - Throws: `.truncated` if the directory or a table ends behind the layer; `.malformed` for a damaged directory.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let head = try layer.bytes(at: 0, count: 48)
        isSecond = head.starts(with: Array("wOF2".utf8))
        let count = Int(head.bigNumber(2, at: 12))
        if isSecond {
            let start = try Self.directoryEnd(layer, count)
            let length = Int64(head.bigNumber(4, at: 20))
            guard start + length <= layer.size else { throw UnpackingError(.truncated, "the tables are cut") }
            parts = [.tables(start..<start + length)]
        } else {
            let directory = try layer.bytes(at: 44, count: 20 * count)
            guard count > 0, directory.count == 20 * count else {
                throw UnpackingError(.truncated, "the directory is cut")
            }
            for place in stride(from: 0, to: directory.count, by: 20) {
                let (start, length) = (
                    Int64(directory.bigNumber(4, at: place + 4)), directory.bigNumber(4, at: place + 8)
                )
                guard start + Int64(length) <= layer.size else { throw UnpackingError(.truncated, "a table is cut") }
                tables.append(
                    Table(
                        tag: Array(directory[place..<place + 4]), packed: start..<start + Int64(length),
                        size: directory.bigNumber(4, at: place + 12),
                        checksum: Array(directory[place + 16..<place + 20])))
            }
            // No table stands in another one (5, "Table directory"), and shared ones would multiply.
            guard tables.reduce(0, { $0 + Int64($1.packed.count) }) <= layer.size else {
                throw UnpackingError(.malformed, "the tables of a font share their bytes")
            }
            parts = [.font]
        }
        let place = isSecond ? 28 : 24
        let metadata = Self.range(head.bigNumber(4, at: place), head.bigNumber(4, at: place + 4), layer)
        if !metadata.isEmpty { parts.append(.metadata(metadata)) }
        let privateData = Self.range(head.bigNumber(4, at: place + 12), head.bigNumber(4, at: place + 16), layer)
        if !privateData.isEmpty { parts.append(.privateData(privateData)) }
    }

    private static func range(_ offset: UInt64, _ length: UInt64, _ layer: FileSlice) -> Range<Int64> {
        (Int64(offset)..<Int64(offset) + Int64(length)).clamped(to: 0..<layer.size)
    }

    /// Where the packed bytes of a WOFF 2 begin: behind an entry for each table, and the fonts of a collection (W3C,
    /// "WOFF File Format 2.0", 4.1 to 4.3).
    private static func directoryEnd(_ layer: FileSlice, _ count: Int) throws(UnpackingError) -> Int64 {
        let bytes = try layer.bytes(at: 0, count: 48 + count * 16 + (1 << 16))
        var index = 48
        func number() throws(UnpackingError) -> Int {
            var value = 0
            for _ in 0..<5 {
                guard index < bytes.count else { break }
                value = value << 7 | Int(bytes[index] & 0x7F)
                index += 1
                if bytes[index - 1] & 0x80 == 0 { return value }
            }
            throw UnpackingError(.malformed, "a damaged directory of tables")
        }
        for _ in 0..<count {
            guard index < bytes.count else { throw UnpackingError(.truncated, "the directory is cut") }
            let flags = bytes[index]
            index += flags & 63 == otherTag ? 5 : 1
            _ = try number()
            let version = flags >> 6
            if transformed.contains(flags & 63) ? version != 3 : version != 0 { _ = try number() }
        }
        guard bytes.count > 8, bytes[4..<8].elementsEqual("ttcf".utf8) else { return Int64(index) }
        index += 4
        func short() throws(UnpackingError) -> Int {
            guard index < bytes.count else { throw UnpackingError(.truncated, "the collection is cut") }
            let code = bytes[index]
            defer { index += code == 253 ? 3 : code >= 254 ? 2 : 1 }
            return code == 253 ? Int(bytes.bigNumber(2, at: index + 1)) : Int(code)
        }
        for _ in 0..<(try short()) {
            let tables = try short()
            index += 4
            for _ in 0..<tables { _ = try short() }
        }
        return Int64(index)
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        index += 1
        guard index < parts.count else { return nil }
        switch parts[index] {
        case .font: return LayerPart("the font")
        case .tables: return LayerPart("the tables")
        case .metadata: return LayerPart("metadata", use: .working)
        case .privateData: return LayerPart("private data")
        }
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard parts.indices.contains(index) else { return 0 }
        switch parts[index] {
        case .font: return try unpackFont(into: file, limit: limit)
        case .tables(let range): return try BrotliOpener(layer[range]).unpack(into: file, limit: limit)
        case .metadata(let range) where isSecond: return try BrotliOpener(layer[range]).unpack(into: file, limit: limit)
        case .metadata(let range): return try inflate(range, into: file, at: 0, limit: limit)
        case .privateData(let range): return try layer.copy(range, into: file, limit: limit)
        }
    }

    private func inflate(
        _ range: Range<Int64>, into file: CInt, at place: Int64, limit: Int64
    ) throws(UnpackingError) -> Int64 {
        try layer[range].inflate(.zlib, limit: limit) { bytes, offset throws(UnpackingError) in
            try writeScratch(bytes, to: file, at: place + offset)
        }.unpacked
    }

    /// Writes the font as it was before: its head, the directory in the order of the tags, and the tables.
    private func unpackFont(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        var place = Int64(12 + 16 * tables.count)
        var directory: [UInt8] = []
        let ordered = tables.enumerated().sorted { $0.element.packed.lowerBound < $1.element.packed.lowerBound }
        var offsets = [Int64](repeating: 0, count: tables.count)
        for (number, table) in ordered {
            let length = max(table.size, UInt64(table.packed.count))
            guard length <= UInt64(limit - min(limit, place)) else {
                throw UnpackingError(.tooLarge, "a font of more than \(limit) bytes")
            }
            offsets[number] = place
            if UInt64(table.packed.count) < table.size {
                _ = try inflate(table.packed, into: file, at: place, limit: Int64(table.size))
            } else {
                try layer.copyBlocks(table.packed, into: file, at: place)
            }
            place += (Int64(length) + 3) / 4 * 4
        }
        guard place <= limit else { throw UnpackingError(.tooLarge, "a font of more than \(limit) bytes") }
        for (table, offset) in zip(tables, offsets) {
            directory += table.tag + table.checksum + Self.big(UInt64(offset), 4) + Self.big(table.size, 4)
        }
        let logarithm = UInt64(63 - UInt64(tables.count).leadingZeroBitCount)
        let search: UInt64 = 16 << logarithm
        let flavor = try layer.bytes(at: 4, count: 4)
        let head =
            flavor + Self.big(UInt64(tables.count), 2) + Self.big(search, 2) + Self.big(logarithm, 2)
            + Self.big(UInt64(tables.count * 16) - min(search, UInt64(tables.count * 16)), 2)
        try writeScratch((head + directory)[...], to: file, at: 0)
        try extendScratch(file, to: place)
        return place
    }

    private static func big(_ number: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
