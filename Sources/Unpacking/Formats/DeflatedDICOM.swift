/// A DICOM file of the transfer syntax "Deflated Explicit VR Little Endian" (DICOM PS3.5, A.5): all behind its head,
/// the elements of group 2, is one stream of Deflate without a header. Its part is a DICOM file of what the stream
/// packs.
package struct DeflatedDICOM: LayerOpener {
    private static let syntax = Array("1.2.840.10008.1.2.1.99".utf8)
    private static let preamble = 128
    private static let mark = Array("DICM".utf8)
    /// The element whose value is the number of bytes of the head behind it, and that of the transfer syntax.
    private static let (lengthElement, syntaxElement): (UInt64, UInt64) = (0x0000, 0x0010)

    private let layer: FileSlice
    /// Where readers expect the stream: behind the last element of group 2, or by the length that the head declares.
    private let starts: [Int64]
    private var index = -1

    static func isHead(_ head: FileStart) -> Bool { starts(head)?.isEmpty != true }

    /// - Throws: `.tooLarge` if the head goes on behind what is read of it.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let head = FileStart(bytes: try layer.bytes(at: 0, count: ContainerForm.detectionLength))
        guard let starts = Self.starts(head) else {
            throw UnpackingError(.tooLarge, "a head of more than \(ContainerForm.detectionLength) bytes")
        }
        self.starts = starts.filter { $0 < layer.size }
    }

    /// Returns the possible starts of the stream, none if the head declares another transfer syntax, or nil if the head
    /// is too long to see them. Some files have neither preamble nor mark.
    private static func starts(_ head: FileStart) -> [Int64]? {
        let hasMark = head.has(mark, at: preamble)
        var place = hasMark ? preamble + mark.count : 0
        guard hasMark || head.has([2, 0]) && head.has("UI", at: 4) || head.has([2, 0, 0, 0]) else { return [] }
        var (declared, isDeflated): (Int64?, Bool?) = (nil, nil)
        while head.number(2, at: place) == 2, place + 8 <= head.bytes.count {
            let value = value(head, at: place)
            guard value.upperBound <= head.bytes.count else { break }
            let element = head.number(2, at: place + 2)
            if element == lengthElement {
                declared = Int64(value.upperBound) + Int64(head.number(4, at: value.lowerBound))
            }
            if element == syntaxElement {
                isDeflated = head.bytes[value].prefix { $0 > 0x20 }.elementsEqual(syntax)
            }
            place = value.upperBound
        }
        let isCut =
            head.bytes.count == ContainerForm.detectionLength
            && (place + 8 > head.bytes.count || head.number(2, at: place) == 2)
        // A table of numbers may begin as a head without a mark does.
        let isSure = hasMark || head.has("UI", at: 4) || head.has("UL", at: 4)
        if isCut, isDeflated ?? isSure { return nil }
        guard isDeflated == true else { return [] }
        return [Int64(place)] + (declared.map { $0 == Int64(place) ? [] : [$0] } ?? [])
    }

    /// The value of an element: behind a tag, two letters for its kind and a length of two or four bytes, or behind a
    /// length of four bytes alone.
    private static func value(_ head: FileStart, at place: Int) -> Range<Int> {
        let kind = head.bytes[place + 4..<place + 6]
        let start: Int, length: UInt64
        if !kind.allSatisfy({ (0x41...0x5A).contains($0) }) {
            (start, length) = (place + 8, head.number(4, at: place + 4))
        } else if ["OB", "OW", "OF", "OD", "OL", "SQ", "UC", "UN", "UR", "UT"].contains(
            String(decoding: kind, as: UTF8.self))
        {
            (start, length) = (place + 12, head.number(4, at: place + 8))
        } else {
            (start, length) = (place + 8, head.number(2, at: place + 6))
        }
        return start..<start + Int(length)
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
