/// The source text of VBA modules ([MS-OVBA], 2.4.1): a compressed container of chunks.
enum VBASource {
    private static let longestDirectory: Int64 = 4 << 20

    /// Decodes a container from `start` on, chunk by chunk. It ends at the first chunk that is not valid.
    static func decode(
        _ stream: ScatteredSlice, from start: Int64, _ write: ([UInt8]) throws(UnpackingError) -> Bool
    ) throws(UnpackingError) {
        guard try stream.bytes(at: start, count: 1) == [1] else { return }
        var offset = start + 1
        while offset + 2 < stream.size {
            let header = Int(try stream.bytes(at: offset, count: 2).number(2, at: 0))
            guard header >> 12 & 7 == 3 else { return }
            let chunk = try stream.bytes(at: offset + 2, count: header & 0xFFF + 1)
            guard let text = header >> 15 == 1 ? decode(chunk: chunk) : chunk else { return }
            guard try write(text) else { return }
            offset += 2 + Int64(header & 0xFFF + 1)
        }
    }

    /// Tokens: a flag byte says which of the next eight are literal bytes and which are copies of earlier ones.
    private static func decode(chunk: [UInt8]) -> [UInt8]? {
        var text: [UInt8] = []
        var index = 0
        while index < chunk.count {
            let flags = chunk[index]
            index += 1
            for bit in 0..<8 where index < chunk.count {
                guard flags >> bit & 1 == 1 else {
                    text.append(chunk[index])
                    index += 1
                    continue
                }
                guard index + 1 < chunk.count, !text.isEmpty else { return text.isEmpty ? nil : text }
                let token = Int(chunk.number(2, at: index))
                index += 2
                var bits = 4
                while 1 << bits < text.count { bits += 1 }
                let (length, distance) = (token & (0xFFFF >> bits) + 3, token >> (16 - bits) + 1)
                guard distance <= text.count else { return text }
                for _ in 0..<length where text.count < 4096 { text.append(text[text.count - distance]) }
            }
        }
        return text
    }

    /// Returns the offsets of the source in the streams of modules, by the stream's name in lower case, as the stream
    /// `dir` lists them ([MS-OVBA], 2.3.4.2).
    static func modules(in directory: ScatteredSlice) throws(UnpackingError) -> [(stream: String, offset: Int64)] {
        var bytes: [UInt8] = []
        try decode(directory, from: 0) { text throws(UnpackingError) in
            bytes += text
            return Int64(bytes.count) < longestDirectory
        }
        var found: [(String, Int64)] = []
        var (index, name) = (0, "")
        while index + 6 <= bytes.count {
            let (kind, length) = (bytes.number(2, at: index), Int(bytes.number(4, at: index + 2)))
            let data = bytes[min(bytes.count, index + 6)..<min(bytes.count, index + 6 + length)]
            switch kind {
            // The version's record has two bytes more than it says.
            case 0x09: index += 2
            // The stream's name in UTF-16 follows that in a code page.
            case 0x32: name = String(decoding: utf16(data), as: UTF16.self).lowercased()
            case 0x31 where length == 4: found.append((name, Int64(data.number(4, at: 0))))
            default: break
            }
            index += 6 + length
        }
        return found
    }

    private static func utf16(_ bytes: ArraySlice<UInt8>) -> [UInt16] {
        (0..<bytes.count / 2).map { UInt16(bytes.number(2, at: 2 * $0)) }
    }
}
