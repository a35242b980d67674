/// A document that a DICOM file encapsulates (DICOM PS3.3, C.24.2): the element 0042,0011, whose value is its bytes.
package struct DICOMDocument: ListingOpener {
    /// The element in little-endian order. Its type, `OB`, and two zeros may follow.
    static let mark: [UInt8] = [0x42, 0, 0x11, 0]
    private static let type: [UInt8] = [0x4F, 0x42, 0, 0]

    package var parts = ListedParts()

    /// Returns where the document of an element is, counted from the element, or nil if it has none.
    private static func document(_ head: FileStart) -> Range<Int64>? {
        let place = head.has(type, at: 4) ? 8 : 4
        let length = head.number(4, at: place)
        guard head.has(mark), length > 0, length < UInt64(UInt32.max) else { return nil }
        return Int64(place + 4)..<Int64(place + 4) + Int64(length)
    }

    /// Whether a layer is a DICOM file. In others, numbers and colors may be the mark, any number of times.
    static func isFile(_ layer: FileSlice) throws(UnpackingError) -> Bool {
        try layer.bytes(at: 128, count: 4) == Array("DICM".utf8)
    }

    /// Returns the length of the element at an offset of a DICOM file, or nil if none is there. Pixels may be the mark:
    /// without its type, an element that is cut is none.
    static func length(in layer: FileSlice, at offset: Int64) throws(UnpackingError) -> Int64? {
        let head = FileStart(bytes: try layer.bytes(at: offset, count: 12))
        guard let range = document(head) else { return nil }
        return head.has(type, at: 4) || range.upperBound <= layer.size - offset ? range.upperBound : nil
    }

    /// The value has an even length: a zero at its end may follow the document, or be its last byte.
    ///
    /// - Throws: `.truncated` if the document is cut.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        let head = FileStart(bytes: try layer.bytes(at: 0, count: 12))
        guard let range = Self.document(head) else { return }
        // Without a type, the element may be pixels.
        let isGuess = !head.has(Self.type, at: 4)
        guard range.upperBound <= layer.size else { throw UnpackingError(.truncated, "a document is cut") }
        try parts.add("document", range, of: layer, isGuess: isGuess)
        let first = try layer[range].bytes(at: 0, count: 64)
        let form = ContainerForm(startingWith: first)
        // The zero at a ZIP's end, or a gzip's, is its own.
        guard form != .zip, form?.isSingleStream != true else { return }
        if try layer.bytes(at: range.upperBound - 1, count: 1) == [0] {
            try parts.add("document", range.lowerBound..<range.upperBound - 1, of: layer, isGuess: isGuess)
        }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
