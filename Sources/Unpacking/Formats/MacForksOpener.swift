/// The data fork and the resource fork of a Macintosh file in AppleSingle or AppleDouble (RFC 1740), or in MacBinary.
package struct MacForksOpener: ListingOpener {
    private static let headLength = 128
    private static let entryLength = 12
    /// The numbers of entries that are files to a reader.
    private static let forks: [UInt64: String] = [1: "data fork", 2: "resource fork"]

    private let layer: FileSlice
    package var parts = ListedParts()
    private var end: Int64 = 0

    /// - Throws: `.truncated` if the table or a fork ends behind the layer; `.tooLarge`.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let head = try layer.bytes(at: 0, count: Self.headLength)
        func add(_ name: String, _ start: UInt64, _ length: UInt64) throws(UnpackingError) {
            guard length > 0 else { return }
            let (start, length) = (Int64(start), Int64(length))
            guard start + length <= layer.size else { throw UnpackingError(.truncated, "the \(name) is cut") }
            try parts.add(name, start..<start + length, of: layer)
            end = max(end, start + length)
        }
        if head.starts(with: [0, 5, 0x16]) {
            let length = Int(head.bigNumber(2, at: 24)) * Self.entryLength
            let table = try layer.bytes(at: 26, count: length)
            guard table.count == length else { throw UnpackingError(.truncated, "the table of entries is cut") }
            for place in stride(from: 0, to: length, by: Self.entryLength) {
                let name = Self.forks[table.bigNumber(4, at: place)] ?? "entry \(table.bigNumber(4, at: place))"
                try add(name, table.bigNumber(4, at: place + 4), table.bigNumber(4, at: place + 8))
            }
        } else {
            let (data, resource) = (head.bigNumber(4, at: 83), head.bigNumber(4, at: 87))
            try add("data fork", 128, data)
            try add("resource fork", 128 + (data + 127) / 128 * 128, resource)
            // Padding to 128 bytes may be missing at the end.
            end = (end + 127) / 128 * 128
        }
    }

    package var unaccounted: [Range<Int64>] { layer.rests(behind: end) }
}
