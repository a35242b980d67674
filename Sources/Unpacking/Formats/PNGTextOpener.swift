/// What a PNG has beside its picture: a colour profile, texts, Exif and JUMBF (PNG, third edition, 11.3.3.3, 11.3.4 and
/// 11.3.6). Programs for metadata write them to files. Some store bytes in a text, as hexadecimal digits.
package struct PNGTextOpener: LayerOpener {
    static let mark: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    private static let maximumChunks = 1_000_000
    private static let maximumParts = 1000
    /// The longest keyword, language and other texts before the bytes.
    private static let longestHead = 4096
    /// Shorter texts are dates and names.
    private static let shortest = 32
    /// The start of the keyword of a text of digits, as ImageMagick writes it.
    private static let digitsKeyword = "Raw profile type "

    private struct Part {
        let name: String
        let range: Range<Int64>
        let isPacked: Bool
        /// Whether the text is to be decoded from digits.
        var hasDigits = false
    }

    private let layer: FileSlice
    private var parts: [Part] = []
    private var isCut = false
    private var index = -1

    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        var offset = Int64(Self.mark.count)
        for _ in 0..<Self.maximumChunks {
            let head = try layer.bytes(at: offset, count: 8)
            guard head.count == 8 else { return }
            let (length, name) = (Int64(head.bigNumber(4, at: 0)), String(decoding: head[4...], as: UTF8.self))
            try add(name, offset + 8..<min(layer.size, offset + 8 + length))
            if isCut { return }
            offset += 12 + length
            if offset >= layer.size { return }
        }
        isCut = true
    }

    private mutating func add(_ name: String, _ data: Range<Int64>) throws(UnpackingError) {
        guard ["iCCP", "zTXt", "iTXt", "tEXt", "eXIf", "zxIf", "caBX"].contains(name) else { return }
        let head = try layer[data].bytes(at: 0, count: Self.longestHead)
        guard let (start, isPacked) = Self.start(name, head), data.lowerBound + start < data.upperBound else { return }
        let range = data.lowerBound + start..<data.upperBound
        guard isPacked || range.count >= Self.shortest else { return }
        guard parts.count + 1 < Self.maximumParts else {
            isCut = true
            return
        }
        parts.append(Part(name: name, range: range, isPacked: isPacked))
        if head.starts(with: Self.digitsKeyword.utf8) {
            parts.append(Part(name: "bytes of \(name)", range: range, isPacked: isPacked, hasDigits: true))
        }
    }

    /// Where the bytes of a chunk begin: behind a keyword, and the further texts of `iTXt`. Nil if it is damaged.
    private static func start(_ name: String, _ head: [UInt8]) -> (Int64, isPacked: Bool)? {
        // ExifTool packs Exif behind a zero and its length.
        if name == "eXIf" || name == "zxIf" { return head.first == 0 ? (5, true) : (0, false) }
        if name == "caBX" { return (0, false) }
        guard let keyword = head.firstIndex(of: 0) else { return nil }
        if name == "tEXt" { return (Int64(keyword + 1), false) }
        if name != "iTXt" { return (Int64(keyword + 2), true) }
        guard keyword + 2 < head.count, let language = head[(keyword + 3)...].firstIndex(of: 0),
            let translated = head[(language + 1)...].firstIndex(of: 0)
        else { return nil }
        return (Int64(translated + 1), head[keyword + 1] == 1)
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        index += 1
        guard index < parts.count else {
            if isCut { throw UnpackingError(.tooLarge, "more chunks than are read") }
            return nil
        }
        let part = parts[index]
        // A text may be XML with bytes in it. Damaged Exif alarms no reader of the picture.
        return LayerPart(
            name: Array(part.name.utf8), isGuess: part.name == "eXIf" || part.name == "zxIf",
            use: part.isPacked && !part.hasDigits ? .working : .file)
    }

    /// Damage is the end: a picture is shown without its texts.
    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard parts.indices.contains(index) else { return 0 }
        let part = parts[index]
        var (writer, digits) = (ScratchWriter(file, limit: limit), ProfileDigits())
        func write(_ bytes: ArraySlice<UInt8>) throws(UnpackingError) {
            if part.hasDigits { try writer.append(digits.decode(bytes)) } else { try writer.append(bytes) }
        }
        do throws(UnpackingError) {
            if part.isPacked {
                _ = try layer[part.range].inflate(.zlib, limit: limit) { bytes, _ throws(UnpackingError) in
                    try write(bytes)
                }
            } else {
                var offset = part.range.lowerBound
                while offset < part.range.upperBound {
                    let count = Int(min(1 << 16, part.range.upperBound - offset))
                    try write(try layer.bytes(at: offset, count: count)[...])
                    offset += Int64(count)
                }
            }
        } catch {
            guard error.isDamage else { throw error }
        }
        return try writer.finish()
    }

    package var unaccounted: [Range<Int64>] { [] }
}

/// The bytes of a text of digits: behind a line with a name and one with their number.
private struct ProfileDigits {
    private var lines = 0
    private var isInLine = false
    private var high: UInt8?

    mutating func decode(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in text {
            if lines < 2 {
                if byte == 0x0A, isInLine { lines += 1 }
                isInLine = byte > 0x20 || isInLine && byte != 0x0A
            } else if let digit = byte.hexadecimalValue {
                if let first = high { bytes.append(first << 4 | digit) }
                high = high == nil ? digit : nil
            }
        }
        return bytes
    }
}
