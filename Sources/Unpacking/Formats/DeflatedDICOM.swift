/// A DICOM file of the transfer syntax "Deflated Explicit VR Little Endian" (DICOM PS3.5, A.5) or one that extends it
/// (A.7, A.12): all behind its head, the elements of group 2, is one stream of Deflate without a header. Its part is a
/// DICOM file of what the stream packs.
package struct DeflatedDICOM: LayerOpener {
    private static let syntaxes = ["1.99", "4.95", "4.205"].map { Array("1.2.840.10008.1.2.\($0)".utf8) }
    private static let preamble = 128
    private static let mark = Array("DICM".utf8)
    /// The element whose value is the number of bytes of the head behind it, and that of the transfer syntax.
    private static let (lengthElement, syntaxElement): (UInt64, UInt64) = (0x0000, 0x0010)

    /// The kinds of values whose lengths have four bytes.
    private static let longKinds: Set = ["OB", "OW", "OF", "OD", "OL", "OV", "SQ", "UC", "UN", "UR", "UT", "SV", "UV"]
    private static let longestSyntax = 64
    private static let maximumElements = 10_000

    private let layer: FileSlice
    /// Where readers expect the stream: behind the last element of group 2, or by the length that the head declares.
    private let starts: [Int64]
    private var index = -1

    /// Whether elements of group 2 follow the mark, or begin the file: some have neither preamble nor mark.
    static func isHead(_ head: FileStart) -> Bool {
        head.has(mark, at: preamble) || head.has([2, 0]) && ["UL", "OB", "UI"].contains { head.has($0, at: 4) }
            || head.has([2, 0, 0, 0, 4, 0, 0, 0])
    }

    /// No part if the head declares another transfer syntax.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let hasMark = try layer.bytes(at: Int64(Self.preamble), count: Self.mark.count) == Self.mark
        var place = Int64(hasMark ? Self.preamble + Self.mark.count : 0)
        var (declared, isDeflated): (Int64?, Bool) = (nil, false)
        for _ in 0..<Self.maximumElements {
            let head = FileStart(bytes: try layer.bytes(at: place, count: 12))
            guard head.bytes.count == 12, head.number(2, at: 0) == 2 else { break }
            let value = Self.value(head, at: place)
            let bytes = try layer.bytes(at: value.lowerBound, count: min(Self.longestSyntax, value.count))
            let element = head.number(2, at: 2)
            if element == Self.lengthElement { declared = value.upperBound + Int64(bytes.number(4, at: 0)) }
            if element == Self.syntaxElement {
                isDeflated = Self.syntaxes.contains(Array(bytes.prefix { $0 > 0x20 }))
            }
            place = value.upperBound
        }
        let next = try layer.bytes(at: place, count: 12)
        if hasMark, next.count == 12, next.starts(with: [2, 0]) {
            throw UnpackingError(.tooLarge, "a head of more than \(Self.maximumElements) elements")
        }
        let places = declared == place ? [place] : [place] + (declared.map { [$0] } ?? [])
        starts = isDeflated ? places.filter { $0 < layer.size } : []
    }

    /// The value of an element: behind a tag, two letters for its kind and a length of two or four bytes, or behind a
    /// length of four bytes alone.
    private static func value(_ head: FileStart, at place: Int64) -> Range<Int64> {
        let kind = head.bytes[4..<6]
        let (start, length): (Int64, UInt64)
        if !kind.allSatisfy({ (0x41...0x5A).contains($0) }) {
            (start, length) = (place + 8, head.number(4, at: 4))
        } else if longKinds.contains(String(decoding: kind, as: UTF8.self)) {
            (start, length) = (place + 12, head.number(4, at: 8))
        } else {
            (start, length) = (place + 8, head.number(2, at: 6))
        }
        return start..<start + Int64(length)
    }

    package var partCount: Int? { starts.count }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        index += 1
        return index < starts.count ? LayerPart("unpacked") : nil
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard starts.indices.contains(index) else { return 0 }
        let head = [UInt8](repeating: 0, count: Self.preamble) + Self.mark
        try writeScratch(head[...], to: file, at: 0)
        let packed = layer[starts[index]..<layer.size]
        let unpacked = try packed.inflate(.raw, limit: limit) { piece, offset throws(UnpackingError) in
            try writeScratch(piece, to: file, at: Int64(head.count) + offset)
        }.unpacked
        return Int64(head.count) + unpacked
    }

    package var unaccounted: [Range<Int64>] { [] }
}
