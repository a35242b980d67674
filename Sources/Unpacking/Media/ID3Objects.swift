/// The pictures and files in an ID3 tag of version 2.2 to 2.4 (id3.org, "ID3 tag version 2.4.0 - Main Structure" and
/// "- Native Frames"), wherever it stands: at the start of an MP3, in a chunk of a WAVE or an AIFF.
package struct ID3Objects: ListingOpener {
    static let mark: [UInt8] = [0x49, 0x44, 0x33]
    private static let headLength = 10
    private static let longestTag: Int64 = 64 << 20

    package var parts = ListedParts()
    /// The unpacked size of all compressed frames so far.
    private var unpackedSize: Int64 = 0

    /// Whether the bytes at a mark are a tag's head: a version from 2.2 to 2.4, and a size of four numbers below 128.
    static func isPlausible(_ block: ArraySlice<UInt8>, _ mark: Int) -> Bool {
        let head = block[mark...].prefix(headLength)
        guard head.count == headLength else { return true }
        return (2...4).contains(head[mark + 3]) && head[mark + 4] != 0xFF && head.suffix(4).allSatisfy { $0 < 0x80 }
    }

    /// The length that the head of a tag declares.
    private static func length(_ head: [UInt8]) -> Int64 {
        Int64(headLength) + head.dropFirst(6).prefix(4).reduce(0) { $0 << 7 | Int64($1 & 0x7F) }
    }

    /// The length of a tag behind other bytes; nil if neither a frame nor an extended header follows its head.
    static func length(ofTag head: [UInt8]) -> Int64? {
        let name = head.dropFirst(headLength).prefix(3)
        let begins = name.count == 3 && name.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
        return begins || head.count > 5 && head[5] & 0x40 != 0 ? length(head) : nil
    }

    /// - Throws: `.tooLarge` for a tag, or for compressed frames, of more bytes than are read.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        let head = try layer.bytes(at: 0, count: Self.headLength)
        guard head.count == Self.headLength else { return }
        let length = min(Self.length(head), layer.size)
        guard length <= Self.longestTag else { throw UnpackingError(.tooLarge, "a tag of \(length) bytes") }
        var frames = try layer.bytes(at: Int64(Self.headLength), count: Int(length) - Self.headLength)
        let version = head[3]
        // In version 2.4 each frame is changed by itself.
        if head[5] & 0x80 != 0, version < 4 { frames = Self.withoutZeros(frames[...]) }
        var offset = head[5] & 0x40 == 0 || version < 3 ? 0 : Self.extendedHeader(frames, version)
        while let frame = Frame(frames, at: offset, version, isChanged: head[5] & 0x80 != 0) {
            try take(frame)
            offset = frame.end
        }
    }

    /// The length of the extended header, which version 2.3 does not count in.
    private static func extendedHeader(_ bytes: [UInt8], _ version: UInt8) -> Int {
        version == 3 ? 4 + Int(bytes.bigNumber(4, at: 0)) : bytes.prefix(4).reduce(0) { $0 << 7 | Int($1 & 0x7F) }
    }

    /// Undoes the insertion of zeros behind FF, by which a tag has no mark of an MPEG's frame.
    static func withoutZeros(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var (plain, isAfterMark) = ([UInt8](), false)
        plain.reserveCapacity(bytes.count)
        for byte in bytes {
            if !isAfterMark || byte != 0 { plain.append(byte) }
            isAfterMark = byte == 0xFF
        }
        return plain
    }

    private mutating func take(_ frame: Frame) throws(UnpackingError) {
        let name = Array(frame.name.utf8)
        var bytes = frame.bytes
        if frame.isCompressed, !bytes.isEmpty {
            // Readers ignore the declared size. No stream of zlib grows by more than a factor of 1032.
            let most = min(Self.longestTag - unpackedSize, 1032 * Int64(bytes.count) + 1032)
            let plain = ZlibStream.prefix(of: Array(bytes), .zlib, count: Int(most)) ?? []
            unpackedSize += Int64(plain.count)
            guard unpackedSize < Self.longestTag else {
                throw UnpackingError(.tooLarge, "compressed frames of \(unpackedSize) bytes or more")
            }
            bytes = plain[...]
        }
        let (data, use): (ArraySlice<UInt8>?, LayerPart.Use) =
            switch frame.name {
            case "APIC": (Self.skipText(Self.skipText(bytes.dropFirst(), 0)?.dropFirst(), bytes.first), .picture)
            case "PIC": (Self.skipText(bytes.dropFirst(5), bytes.first), .picture)
            case "GEOB", "GEO":
                (
                    Self.skipText(Self.skipText(Self.skipText(bytes.dropFirst(), 0), bytes.first), bytes.first), .file
                )
            case "PRIV": (Self.skipText(bytes, 0), .working)
            default: (nil, .working)
            }
        guard let data, !data.isEmpty else { return }
        try parts.add(ListedParts.Part(name, .memory(data), use: use))
    }

    /// What follows a text that ends with one zero, or with two in the encodings 1 and 2.
    private static func skipText(_ bytes: ArraySlice<UInt8>?, _ encoding: UInt8?) -> ArraySlice<UInt8>? {
        guard let bytes, let encoding else { return nil }
        guard encoding == 1 || encoding == 2 else {
            return bytes.firstIndex(of: 0).map { bytes[($0 + 1)...] }
        }
        var index = bytes.startIndex
        while index + 1 < bytes.endIndex {
            if bytes[index] == 0, bytes[index + 1] == 0 { return bytes[(index + 2)...] }
            index += 2
        }
        return nil
    }

    package var unaccounted: [Range<Int64>] { [] }

    /// One frame, with what its flags put before its bytes taken off.
    private struct Frame {
        let name: String
        let bytes: ArraySlice<UInt8>
        let isCompressed: Bool
        let end: Int

        /// Returns nil at padding, or at anything else that is no frame.
        init?(_ tag: [UInt8], at offset: Int, _ version: UInt8, isChanged: Bool) {
            let (nameLength, headLength) = version == 2 ? (3, 6) : (4, 10)
            guard offset >= 0, offset + headLength < tag.count else { return nil }
            let letters = tag[offset..<offset + nameLength]
            guard letters.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }) else { return nil }
            name = String(decoding: letters, as: UTF8.self)
            let plainSize = Int(tag.bigNumber(nameLength, at: offset + nameLength))
            let start = offset + headLength
            // Some writers of version 2.4 put a plain number there: the frame's end decides.
            var size = plainSize
            if version == 4, tag[offset + 4..<offset + 8].allSatisfy({ $0 < 0x80 }) {
                let safeSize = tag[offset + 4..<offset + 8].reduce(0) { $0 << 7 | Int($1) }
                if !Self.begins(tag, start + plainSize) || Self.begins(tag, start + safeSize) { size = safeSize }
            }
            // Readers pass over empty frames.
            end = min(tag.count, start + size)
            let flags = version == 2 ? 0 : tag[offset + 9]
            var bytes = tag[start..<end]
            var isChanged = isChanged
            if version == 4 {
                isChanged = isChanged || flags & 2 != 0
                bytes = bytes.dropFirst((flags & 0x40 != 0 ? 1 : 0) + (flags & 1 != 0 ? 4 : 0))
                isCompressed = flags & 8 != 0
                if isChanged { bytes = ID3Objects.withoutZeros(bytes)[...] }
            } else {
                bytes = bytes.dropFirst((flags & 0x80 != 0 ? 4 : 0) + (flags & 0x20 != 0 ? 1 : 0))
                isCompressed = flags & 0x80 != 0
            }
            self.bytes = bytes
        }

        /// Whether a frame, padding or the tag's end is at an offset.
        private static func begins(_ tag: [UInt8], _ offset: Int) -> Bool {
            guard offset < tag.count else { return offset == tag.count }
            return tag[offset] == 0 || tag[offset...].prefix(4).allSatisfy { (0x30...0x5A).contains($0) }
        }
    }
}
