/// Reads a WARC file record by record. libarchive 3.6 loses its position if a record is read to its end.
/// Source: "The WARC Format 1.1" of the IIPC (ISO 28500).
package struct WarcRecords {
    package struct Record: Sendable, Equatable {
        /// Printable, like a member's name.
        package let name: String
        /// The range of the record's block in the file. For an HTTP message, its body only, unless that is encoded:
        /// then it is opened as a message.
        package let payload: Range<Int64>
    }

    private let file: FileSlice
    private var offset: Int64 = 0

    private static let maximumHeaderLength = 64 << 10
    private static let lineEnds: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]

    package init(descriptor: CInt, offset: Int64 = 0, size: Int64) {
        file = FileSlice(descriptor: descriptor, start: offset, size: size)
    }

    /// Returns the next record, or nil at the file's end.
    ///
    /// - Throws: `.truncated` if the file ends within a record or before the two line ends after it, `.method` for a
    ///   segmented record.
    package mutating func next() throws(UnpackingError) -> Record? {
        guard offset < file.size else { return nil }
        let head = try file.bytes(at: offset, count: Self.maximumHeaderLength)
        guard head.starts(with: Array("WARC/".utf8).prefix(head.count)) else {
            throw UnpackingError(.malformed, "no record at \(offset)")
        }
        guard let headEnd = head.index(of: Self.lineEnds) else {
            throw UnpackingError(
                head.count < Self.maximumHeaderLength ? .truncated : .malformed, "a record header without an end")
        }
        let fields = Fields(head[..<headEnd])
        guard let length = fields.length else {
            throw UnpackingError(.malformed, "a record at \(offset) without a length")
        }
        let start = offset + Int64(headEnd + Self.lineEnds.count)
        let name = printable(Array((fields["warc-target-uri"] ?? fields["warc-type"] ?? "").utf8))
        guard length <= file.size - start - Int64(Self.lineEnds.count) else {
            throw UnpackingError(.truncated, "\(name): \(length) bytes at \(start)")
        }
        let end = start + length
        guard try file.bytes(at: end, count: Self.lineEnds.count) == Self.lineEnds else {
            throw UnpackingError(.malformed, "no record end at \(end)")
        }
        if fields["warc-segment-number"] != nil { throw UnpackingError(.method, "\(name): a record in segments") }
        offset = end + Int64(Self.lineEnds.count)

        guard fields["content-type"]?.lowercased().utf8.starts(with: "application/http".utf8) == true else {
            return Record(name: name, payload: start..<end)
        }
        let message = try file.bytes(at: start, count: Int(min(length, Int64(Self.maximumHeaderLength))))
        guard let bodyStart = message.index(of: Self.lineEnds).map({ $0 + Self.lineEnds.count }) else {
            return Record(name: name, payload: start..<end)
        }
        let isEncoded = message[..<bodyStart].map(\.lowercase).index(of: Array("-encoding:".utf8)) != nil
        return Record(name: name, payload: (isEncoded ? start : start + Int64(bodyStart))..<end)
    }

    /// The header fields by lower-case name.
    private struct Fields {
        private var values: [String: String] = [:]
        private var hasSecondLength = false

        init(_ bytes: ArraySlice<UInt8>) {
            for line in bytes.split(separator: 0x0A).dropFirst() {
                guard let colon = line.firstIndex(of: 0x3A) else { continue }
                let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
                let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 9 }.prefix { $0 != 0x0D }
                if values.updateValue(String(decoding: value, as: UTF8.self), forKey: name) != nil,
                    name == "content-length"
                {
                    hasSecondLength = true
                }
            }
        }

        subscript(name: String) -> String? { values[name] }

        /// The block's length in bytes, or nil if it is missing or given twice.
        var length: Int64? {
            guard !hasSecondLength, let length = values["content-length"].flatMap(Int64.init), length >= 0 else {
                return nil
            }
            return length
        }
    }
}
