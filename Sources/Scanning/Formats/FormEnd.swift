/// Where a picture or a film ends by its own account, which may be before the object's end.
struct FormEnd {
    /// Nil where the form is another one, is not in order, or is too long to be gone through.
    let end: Int64?

    /// Steps from part to part, and bytes of a JPEG's data, that are gone through at the most.
    private static let mostSteps = 20_000
    private static let mostBytes: Int64 = 32 << 20

    init(of bytes: ObjectBytes, head: Window) {
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
        // A sound of odd length may go without the byte that pads it.
        end == bytes.size + 1 ? bytes.size : end >= 12 && end <= bytes.size ? end : nil
    }

    private static func bigEndian(_ window: Window, _ index: Int, _ width: Int) -> Int64? {
        guard index + width <= window.bytes.count else { return nil }
        var number: UInt64 = 0
        for byte in window.bytes[index..<index + width] { number = number << 8 | UInt64(byte) }
        return Int64(exactly: number)
    }

    private static func png(_ bytes: ObjectBytes) -> Int64? {
        var at: Int64 = 8
        for _ in 0..<mostSteps {
            let chunk = bytes.window(at: at, 8)
            guard let length = bigEndian(chunk, 0, 4), chunk.bytes.count == 8 else { return nil }
            at += 12 + length
            guard at <= bytes.size else { return nil }
            if chunk.bytes[4...].elementsEqual("IEND".utf8) { return at }
        }
        return nil
    }

    /// The boxes at the top of an MP4, HEIC and the like; what is no box ends it.
    private static func boxes(_ bytes: ObjectBytes) -> Int64? {
        var at: Int64 = 0
        for _ in 0..<mostSteps {
            guard at < bytes.size else { return at }
            let box = bytes.window(at: at, 16)
            guard let short = bigEndian(box, 0, 4), box.bytes.count >= 8,
                box.bytes[4..<8].allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0xA9 })
            else { return at }
            switch short {
            case 0: return bytes.size
            case 1:
                guard let long = bigEndian(box, 8, 8), long >= 16, long <= bytes.size - at else { return nil }
                at += long
            case 8...:
                // A mark of another form can look like a box that is too long for the object.
                guard short <= bytes.size - at else { return at }
                at += short
            default: return at
            }
        }
        return nil
    }

    private static func gif(_ bytes: ObjectBytes) -> Int64? {
        var reader = ByteReader(bytes, at: 10, limit: mostBytes)
        guard let flags = reader.next() else { return nil }
        reader.skip(2 + table(flags))
        while let block = reader.next() {
            switch block {
            case 0x3B: return reader.offset
            case 0x21: reader.skip(1)
            case 0x2C:
                reader.skip(8)
                guard let flags = reader.next() else { return nil }
                reader.skip(table(flags) + 1)
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

    private static func table(_ flags: UInt8) -> Int64 { flags & 0x80 == 0 ? 0 : 3 << (Int64(flags & 7) + 1) }

    private static func jpeg(_ bytes: ObjectBytes) -> Int64? {
        var reader = ByteReader(bytes, at: 2, limit: mostBytes)
        // Within a scan's data there is anything; between parts there are only marks.
        while reader.pass(0xFF) {
            var mark: UInt8 = 0xFF
            while mark == 0xFF {
                guard let next = reader.next() else { return nil }
                mark = next
            }
            switch mark {
            case 0xD9: return reader.offset
            // A byte of data, a restart, or a mark without a length.
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

/// Goes through an object byte by byte, up to a limit.
private struct ByteReader {
    private let bytes: ObjectBytes
    private let end: Int64
    private var window = Window(start: 0, bytes: [])
    private(set) var offset: Int64

    init(_ bytes: ObjectBytes, at offset: Int64, limit: Int64) {
        self.bytes = bytes
        self.offset = offset
        end = min(bytes.size, limit)
    }

    mutating func next() -> UInt8? {
        guard offset < end else { return nil }
        if offset < window.start || offset >= window.end {
            window = bytes.window(at: offset, 64 << 10)
            guard !window.bytes.isEmpty else { return nil }
        }
        defer { offset += 1 }
        return window.bytes[Int(offset - window.start)]
    }

    mutating func skip(_ count: Int64) { offset += count }

    /// Goes to behind the next byte of this value; false where there is none.
    mutating func pass(_ byte: UInt8) -> Bool {
        while let next = next() {
            if next == byte { return true }
            let from = Int(offset - window.start)
            offset =
                window.first([byte], from: from, to: window.bytes.count).map { window.start + Int64($0) } ?? window.end
        }
        return false
    }
}
