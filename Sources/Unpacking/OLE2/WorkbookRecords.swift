/// The records of an Excel 97 workbook that hold a file or pictures, put together where they are cut into several
/// records of at most 8224 bytes ([MS-XLS] 2.1.4, 2.4.58, 2.4.59, 2.4.171, 2.4.326): the ZIP of a theme, the pictures
/// of drawings and of backgrounds. The workbook itself is matched as bytes.
package struct WorkbookRecords: ListingOpener {
    /// A record that may be continued.
    private struct Kind {
        let name: String
        /// The types of the records that continue it.
        let continued: Set<UInt64>
        /// The length of the fields before the contents, in the first record and in each further one.
        var first: Int64 = 0
        var further: Int64 = 0
        /// Whether it is a part although it is whole: a form is sought at its first byte.
        var isAlwaysPart = false
    }

    private static let continuation: UInt64 = 0x3C
    private static let kinds: [UInt64: Kind] = [
        0x896: Kind(name: "the theme", continued: [0x87F], first: 16, further: 12, isAlwaysPart: true),
        0xEB: Kind(name: "the pictures", continued: [continuation, 0xEB]),
        0xE9: Kind(name: "a background", continued: [continuation]),
        0x7F: Kind(name: "a picture", continued: [continuation]),
    ]
    private static let headerLength: Int64 = 4
    private static let windowLength = 1 << 16
    /// The most records that continue others, over all parts: 24 MiB of memory.
    private static let maximumFurther = 1 << 20

    package var parts = ListedParts()

    /// Whether a stream begins with the first record of a workbook of Excel 97 or later.
    static func isHead(_ head: FileStart) -> Bool { head.has([9, 8, 0x10, 0, 0, 6]) }

    package init(_ layer: FileSlice) throws(UnpackingError) {
        var open: (kind: Kind, contents: ScatteredSlice, count: Int)?
        func close() throws(UnpackingError) {
            if let open, open.count > 1 || open.kind.isAlwaysPart, open.contents.size > 0 {
                try parts.add(ListedParts.Part(Array(open.kind.name.utf8), .layer(open.contents)))
            }
            open = nil
        }
        var (window, windowStart, offset): ([UInt8], Int64, Int64) = ([], 0, 0)
        var further = 0
        while offset + Self.headerLength <= layer.size {
            if offset + Self.headerLength > windowStart + Int64(window.count) {
                window = try layer.bytes(at: offset, count: Self.windowLength)
                windowStart = offset
            }
            let header = window[Int(offset - windowStart)...]
            let (type, length) = (header.number(2, at: 0), Int64(header.number(2, at: 2)))
            let body = offset + Self.headerLength..<min(layer.size, offset + Self.headerLength + length)
            offset = body.upperBound
            if let kind = open?.kind, kind.continued.contains(type) {
                try open?.contents.append(body.dropFirst(kind.further))
                open?.count += 1
                further += 1
                guard further <= Self.maximumFurther else {
                    throw UnpackingError(.tooLarge, "more than \(Self.maximumFurther) records that continue others")
                }
                continue
            }
            try close()
            guard let kind = Self.kinds[type] else { continue }
            open = (kind, ScatteredSlice(layer, body.dropFirst(kind.first)), 1)
        }
        try close()
    }

    package var unaccounted: [Range<Int64>] { [] }
}

extension Range<Int64> {
    fileprivate func dropFirst(_ count: Int64) -> Self { Swift.min(upperBound, lowerBound + count)..<upperBound }
}
