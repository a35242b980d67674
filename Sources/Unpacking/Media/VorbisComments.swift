/// The pictures in comments of Vorbis ("Vorbis comment" of Xiph.org), in Base64: the fields `METADATA_BLOCK_PICTURE`, a
/// block of FLAC's metadata, and `COVERART`, the picture itself. The names of fields have no case.
struct VorbisComments {
    static let longest: Int64 = 64 << 20
    private static let maximumComments = 100_000
    private static let fields = ["metadata_block_picture=", "coverart="].map { Array($0.utf8) }

    /// The number of Base64 digits that were decoded so far.
    private var digits = 0

    /// Returns the pictures of fields wherever they stand in `bytes`, each behind its length.
    ///
    /// - Throws: `.tooLarge` with more digits than are decoded.
    mutating func pictures(in bytes: [UInt8]) throws(UnpackingError) -> [ArraySlice<UInt8>] {
        var (pictures, from): ([ArraySlice<UInt8>], Int) = ([], 0)
        while let equals = bytes.index(of: [0x3D], from: from) {
            from = equals + 1
            for field in Self.fields {
                let start = from - field.count
                // A packet may be nothing but signs: the letter before one decides first.
                guard start >= 4, bytes[equals - 1].lowercase == field[field.count - 2],
                    zip(bytes[start..<from], field).allSatisfy({ $0.lowercase == $1 })
                else { continue }
                let length = Int(bytes.number(4, at: start - 4)) - field.count
                let text = bytes[from...].prefix(max(0, length))
                // Comments may declare lengths beyond the next one.
                digits += text.count
                guard digits <= Int(Self.longest) else {
                    throw UnpackingError(.tooLarge, "pictures of more than \(Self.longest) digits")
                }
                var base64 = Base64Reader()
                for digit in text { base64.add(digit) }
                base64.finishGroup()
                let value = base64.bytes[...]
                pictures.append(field == Self.fields[0] ? Self.picture(ofBlock: value) : value)
            }
        }
        return pictures.filter { !$0.isEmpty }
    }

    /// The bytes of a picture in its block: behind its kind, two texts, four numbers and its length.
    static func picture(ofBlock block: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var place = 4
        for _ in 0..<2 { place += 4 + Int(block.bigNumber(4, at: place)) }
        let length = Int(block.bigNumber(4, at: place + 16))
        return block.dropFirst(place + 20).prefix(length)
    }

    /// Returns where comments end by their own lengths: that of the writer's name, then each comment's.
    static func end(from start: Int64, in layer: FileSlice) throws(UnpackingError) -> Int64 {
        var place = start + 4 + Int64(try layer.bytes(at: start, count: 4).number(4, at: 0))
        let count = Int(try layer.bytes(at: place, count: 4).number(4, at: 0))
        place += 4
        for _ in 0..<min(count, maximumComments) where place < layer.size {
            place += 4 + Int64(try layer.bytes(at: place, count: 4).number(4, at: 0))
        }
        return min(place, layer.size)
    }
}
