/// The bytes in the ASCII armors of a text (RFC 9580, section 6.2). Readers do not go by the words behind `BEGIN PGP`,
/// so that any of them may carry a message; a clear-signed text alone has no encoded body.
package struct ArmorOpener: LayerOpener {
    private let layer: FileSlice
    /// Where the search goes on.
    private var offset: Int64 = 0
    private var start: Int64 = 0

    private static let first = Array("-----BEGIN PGP ".utf8)
    private static let clearSigned = Array("-----BEGIN PGP SIGNED".utf8)
    private static let blockLength = 1 << 16
    /// Of the armor's last line, and of the next one's first.
    private static let dashes = Array("-----".utf8)
    private static let lineEnds: Set<UInt8> = [0x0A, 0x0D]

    /// - Parameter layer: from the first armor on.
    package init(_ layer: FileSlice) { self.layer = layer }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        while let found = try layer.firstOffset(of: Self.first, in: offset..<layer.size) {
            offset = found + Int64(Self.first.count)
            let before = try found == 0 ? [0x0A] : layer.bytes(at: found - 1, count: 1)
            guard Self.lineEnds.contains(before[0]),
                try layer.bytes(at: found, count: Self.clearSigned.count) != Self.clearSigned
            else { continue }
            start = found
            return LayerPart("an armored body")
        }
        return nil
    }

    package var unaccounted: [Range<Int64>] { [] }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        var (decoder, written): (Base64Reader, Int64) = (Base64Reader(), 0)
        var line: [UInt8] = []
        var (isHeader, lines, position): (Bool, Int, Int64) = (true, 0, start)
        reading: while position < layer.size {
            let block = try layer.bytes(at: position, count: Self.blockLength)
            position += Int64(block.count)
            for byte in block {
                // A line of a body is at most a few hundred characters: of a longer one, all are taken at once.
                guard Self.lineEnds.contains(byte) || line.count == 4096 else {
                    line.append(byte)
                    continue
                }
                if Self.lineEnds.contains(byte) == false { line.append(byte) }
                lines += 1
                if !Self.take(line, isFirst: lines == 1, &isHeader, &decoder) { break reading }
                line.removeAll(keepingCapacity: true)
            }
            try write(&decoder, to: file, at: &written, limit: limit)
        }
        if !line.isEmpty, position >= layer.size { _ = Self.take(line, isFirst: lines == 0, &isHeader, &decoder) }
        decoder.finishGroup()
        try write(&decoder, to: file, at: &written, limit: limit)
        return written
    }

    /// Takes one line. Returns false at the armor's end.
    private static func take(
        _ line: [UInt8], isFirst: Bool, _ isHeader: inout Bool, _ decoder: inout Base64Reader
    ) -> Bool {
        if isFirst { return true }
        let text = line.drop { $0 == 0x20 || $0 == 9 }
        if isHeader, text.contains(0x3A) { return true }
        if text.isEmpty { return true }
        isHeader = false
        // The checksum of the body, or the last line.
        if text.first == 0x3D || text.starts(with: dashes) { return false }
        for character in text { decoder.add(character) }
        return true
    }

    private func write(
        _ decoder: inout Base64Reader, to file: CInt, at written: inout Int64, limit: Int64
    ) throws(UnpackingError) {
        let bytes = decoder.take()
        guard written + Int64(bytes.count) <= limit else { throw UnpackingError(.tooLarge, "more than \(limit) bytes") }
        try writeScratch(bytes[...], to: file, at: written)
        written += Int64(bytes.count)
    }
}
