/// Where an image or video ends according to its own structure, which may be before the object's end.
struct MediaEnd {
    /// Nil if the format is another one, is malformed, or has more parts than are read.
    let end: Int64?

    private static let maximumParts = 20_000
    /// How many bytes of a GIF or JPEG are read.
    private static let maximumBytes: Int64 = 32 << 20

    init(of bytes: ObjectBytes, head: Chunk) {
        let start = head.bytes
        if start.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
            end = Self.png(bytes)
        } else if start.starts(with: [0xFF, 0xD8]) {
            end = Self.jpeg(bytes)
        } else if start.starts(with: "GIF8".utf8) {
            end = Self.gif(bytes)
        } else if start.starts(with: "BM".utf8) {
            end = head.number(at: 2, as: UInt32.self).flatMap { Self.within(Int64($0), bytes) }
        } else if start.starts(with: "RIFF".utf8) {
            end = head.number(at: 4, as: UInt32.self).flatMap { Self.within(Int64($0) + 8 + Int64($0 % 2), bytes) }
        } else if start.dropFirst(4).starts(with: "ftyp".utf8) {
            end = Self.boxes(bytes)
        } else {
            end = nil
        }
    }

    private static func within(_ end: Int64, _ bytes: ObjectBytes) -> Int64? {
        // Audio of odd length may omit the padding byte.
        end == bytes.size + 1 ? bytes.size : end >= 12 && end <= bytes.size ? end : nil
    }

    private static func bigEndian(_ chunk: Chunk, _ index: Int, _ width: Int) -> Int64? {
        guard index + width <= chunk.bytes.count else { return nil }
        var number: UInt64 = 0
        for byte in chunk.bytes[index..<index + width] { number = number << 8 | UInt64(byte) }
        return Int64(exactly: number)
    }

    private static func png(_ bytes: ObjectBytes) -> Int64? {
        var at: Int64 = 8
        for _ in 0..<maximumParts {
            let chunk = bytes.chunk(at: at, 8)
            guard let length = bigEndian(chunk, 0, 4), chunk.bytes.count == 8 else { return nil }
            at += 12 + length
            guard at <= bytes.size else { return nil }
            if chunk.bytes[4...].elementsEqual("IEND".utf8) { return at }
        }
        return nil
    }

    /// Follows the top-level boxes of MP4, HEIC and similar formats. Bytes that are not a box end the file.
    private static func boxes(_ bytes: ObjectBytes) -> Int64? {
        var at: Int64 = 0
        for _ in 0..<maximumParts {
            guard at < bytes.size else { return at }
            let box = bytes.chunk(at: at, 16)
            guard let short = bigEndian(box, 0, 4), box.bytes.count >= 8,
                box.bytes[4..<8].allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0xA9 })
            else { return at }
            switch short {
            case 0: return bytes.size
            case 1:
                guard let long = bigEndian(box, 8, 8), long >= 16, long <= bytes.size - at else { return nil }
                at += long
            case 8...:
                // The magic number of another format can look like a box that is too long for the object.
                guard short <= bytes.size - at else { return at }
                at += short
            default: return at
            }
        }
        return nil
    }

    private static func gif(_ bytes: ObjectBytes) -> Int64? {
        var reader = ByteReader(bytes, at: 10, limit: maximumBytes)
        guard let flags = reader.next() else { return nil }
        reader.skip(2 + colourTableLength(flags))
        while let block = reader.next() {
            switch block {
            case 0x3B: return reader.offset
            case 0x21: reader.skip(1)
            case 0x2C:
                reader.skip(8)
                guard let flags = reader.next() else { return nil }
                reader.skip(colourTableLength(flags) + 1)
            default: return nil
            }
            while true {
                guard let length = reader.next() else { return nil }
                if length == 0 { break }
                reader.skip(Int64(length))
            }
        }
        return nil
    }

    private static func colourTableLength(_ flags: UInt8) -> Int64 {
        flags & 0x80 == 0 ? 0 : 3 << (Int64(flags & 7) + 1)
    }

    private static func jpeg(_ bytes: ObjectBytes) -> Int64? {
        var reader = ByteReader(bytes, at: 2, limit: maximumBytes)
        // The data of a scan may be anything; between segments there are only markers.
        while reader.skip(past: 0xFF) {
            var marker: UInt8 = 0xFF
            while marker == 0xFF {
                guard let next = reader.next() else { return nil }
                marker = next
            }
            switch marker {
            case 0xD9: return reader.offset
            // A stuffed byte, a restart marker, or a marker without a length.
            case 0x00, 0x01, 0xD0...0xD8: continue
            default:
                guard let high = reader.next(), let low = reader.next() else { return nil }
                let length = Int64(high) << 8 | Int64(low)
                guard length >= 2 else { return nil }
                reader.skip(length - 2)
            }
        }
        return nil
    }
}

/// Reads an object byte by byte, up to a limit.
private struct ByteReader {
    private let bytes: ObjectBytes
    private let end: Int64
    private var chunk = Chunk(start: 0, bytes: [])
    private(set) var offset: Int64

    init(_ bytes: ObjectBytes, at offset: Int64, limit: Int64) {
        self.bytes = bytes
        self.offset = offset
        end = min(bytes.size, limit)
    }

    mutating func next() -> UInt8? {
        guard offset < end else { return nil }
        if offset < chunk.start || offset >= chunk.end {
            chunk = bytes.chunk(at: offset, 64 << 10)
            guard !chunk.bytes.isEmpty else { return nil }
        }
        defer { offset += 1 }
        return chunk.bytes[Int(offset - chunk.start)]
    }

    mutating func skip(_ count: Int64) { offset += count }

    /// Skips to the byte after the next one with this value. Returns false if there is none.
    mutating func skip(past byte: UInt8) -> Bool {
        while let next = next() {
            if next == byte { return true }
            let from = Int(offset - chunk.start)
            offset =
                chunk.first([byte], from: from, to: chunk.bytes.count).map { chunk.start + Int64($0) } ?? chunk.end
        }
        return false
    }
}
