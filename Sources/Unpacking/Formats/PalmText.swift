/// The packed text of a book for Palm or Kindle (PalmDOC; MobileRead, "PalmDOC" and "MOBI"): records that are packed
/// one by one, each of which a reader of the book joins to one page.
struct PalmText {
    /// The most bytes of a text.
    private static let longest = 32 << 20
    private static let types = ["TEXtREAd", "BOOKMOBI"].map { Array($0.utf8) }

    private let layer: FileSlice
    private let offsets: [Int64]
    private let count: Int
    /// Which entries follow the text of a record.
    private let extra: UInt64

    /// - Parameter offsets: of all records, and the layer's end.
    /// - Returns: nil if the database is no book with packed text.
    init?(_ layer: FileSlice, _ offsets: [Int64], type: [UInt8]) throws(UnpackingError) {
        guard Self.types.contains(type), offsets.count > 2 else { return nil }
        let head = try layer.bytes(at: offsets[0], count: Int(min(256, offsets[1] - offsets[0])))
        guard head.count >= 16, head.bigNumber(2, at: 0) == 2 else { return nil }
        (self.layer, self.offsets) = (layer, offsets)
        count = min(Int(head.bigNumber(2, at: 8)), offsets.count - 2)
        let isKindle = head.count >= 0xF4 && head[16..<20].elementsEqual("MOBI".utf8)
        let hasExtra = isKindle && head.bigNumber(4, at: 20) >= 0xE4
        extra = hasExtra ? UInt64(head.bigNumber(2, at: 0xF2)) : 0
    }

    /// - Throws: `.tooLarge`.
    func decoded() throws(UnpackingError) -> [UInt8] {
        var text: [UInt8] = []
        for number in 0..<count {
            let (start, end) = (offsets[number + 1], offsets[number + 2])
            let record = try layer.bytes(at: start, count: Int(min(Int64(Self.longest), end - start)))
            unpack(record.dropLast(trailerLength(record)), into: &text)
            guard text.count <= Self.longest else {
                throw UnpackingError(.tooLarge, "a text of more than \(Self.longest) bytes")
            }
        }
        return text
    }

    /// The length of the entries behind a record's text: each ends with its own length, seven bits in a byte, and the
    /// last one of all has the number of bytes that a character lacks.
    private func trailerLength(_ record: [UInt8]) -> Int {
        var end = record.count
        var flags = extra >> 1
        while flags != 0, end > 0 {
            if flags & 1 != 0 {
                var (size, shift, place) = (0, 0, end)
                repeat {
                    place -= 1
                    size |= Int(record[place] & 0x7F) << shift
                    shift += 7
                } while record[place] & 0x80 == 0 && shift < 28 && place > 0
                end -= min(end, size)
            }
            flags >>= 1
        }
        if extra & 1 != 0, end > 0 { end -= min(end, Int(record[end - 1] & 3) + 1) }
        return record.count - end
    }

    private func unpack(_ record: ArraySlice<UInt8>, into text: inout [UInt8]) {
        let start = text.count
        var index = record.startIndex
        while index < record.endIndex {
            let byte = record[index]
            index += 1
            switch byte {
            case 1...8:
                let end = min(record.endIndex, index + Int(byte))
                text += record[index..<end]
                index = end
            case 0x80...0xBF:
                guard index < record.endIndex else { return }
                let pair = Int(byte & 0x3F) << 8 | Int(record[index])
                index += 1
                let distance = pair >> 3
                // Readers pass over what points before the record.
                guard distance > 0, distance <= text.count - start else { continue }
                for _ in 0..<(pair & 7) + 3 { text.append(text[text.count - distance]) }
            case 0xC0...: text += [0x20, byte ^ 0x80]
            default: text.append(byte)
            }
        }
    }
}
