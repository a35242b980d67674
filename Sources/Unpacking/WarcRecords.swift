/// Goes through an archive of web pages record by record. libarchive 3.6 loses its place where a record is read to its end.
/// Source: "The WARC Format 1.1" of the IIPC (ISO 28500).
package struct WarcRecords {
    package struct Record: Sendable, Equatable {
        /// For people, as a member's.
        package let name: String
        /// Bytes of the archive: the record's block, of an answer by HTTP only what stands behind its headers. An encoding of
        /// the transfer is left in.
        package let payload: Range<Int64>
    }

    private let file: FileStretch
    private var place: Int64 = 0

    private static let longestHeader = 64 << 10
    private static let lineEnds: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]

    package init(descriptor: CInt, offset: Int64 = 0, size: Int64) {
        file = FileStretch(descriptor: descriptor, start: offset, size: size)
    }

    /// The next record; nil at the archive's end.
    ///
    /// - Throws: `.truncated` where the file ends within a record or before the two line ends behind it, `.method` for a record
    ///   that goes on elsewhere.
    package mutating func next() throws(UnpackingError) -> Record? {
        guard place < file.size else { return nil }
        let head = try file.bytes(at: place, count: Self.longestHeader)
        guard head.starts(with: Array("WARC/".utf8).prefix(head.count)) else {
            throw UnpackingError(.malformed, "no record at \(place)")
        }
        guard let headEnd = head.index(of: Self.lineEnds) else {
            throw UnpackingError(
                head.count < Self.longestHeader ? .truncated : .malformed, "a record's header without its end")
        }
        let fields = Fields(head[..<headEnd])
        guard let length = fields.length else {
            throw UnpackingError(.malformed, "a record at \(place) without its length")
        }
        let start = place + Int64(headEnd + Self.lineEnds.count)
        let name = printable(Array((fields["warc-target-uri"] ?? fields["warc-type"] ?? "").utf8))
        guard length <= file.size - start - Int64(Self.lineEnds.count) else {
            throw UnpackingError(.truncated, "\(name): \(length) bytes at \(start)")
        }
        let end = start + length
        guard try file.bytes(at: end, count: Self.lineEnds.count) == Self.lineEnds else {
            throw UnpackingError(.malformed, "no end of a record at \(end)")
        }
        if fields["warc-segment-number"] != nil { throw UnpackingError(.method, "\(name): a record in segments") }
        place = end + Int64(Self.lineEnds.count)

        guard fields["content-type"]?.lowercased().utf8.starts(with: "application/http".utf8) == true else {
            return Record(name: name, payload: start..<end)
        }
        let message = try file.bytes(at: start, count: Int(min(length, Int64(Self.longestHeader))))
        let behind = message.index(of: Self.lineEnds).map { start + Int64($0 + Self.lineEnds.count) }
        return Record(name: name, payload: (behind ?? start)..<end)
    }

    /// The lines of a header, by their names in small letters.
    private struct Fields {
        private var values: [String: String] = [:]
        private var isTwice = false

        init(_ bytes: ArraySlice<UInt8>) {
            for line in bytes.split(separator: 0x0A).dropFirst() {
                guard let colon = line.firstIndex(of: 0x3A) else { continue }
                let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
                let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 9 }.prefix { $0 != 0x0D }
                if values.updateValue(String(decoding: value, as: UTF8.self), forKey: name) != nil,
                    name == "content-length"
                {
                    isTwice = true
                }
            }
        }

        subscript(name: String) -> String? { values[name] }

        /// Bytes of the block; nil where that is not said, or twice.
        var length: Int64? {
            guard !isTwice, let length = values["content-length"].flatMap(Int64.init), length >= 0 else { return nil }
            return length
        }
    }
}
