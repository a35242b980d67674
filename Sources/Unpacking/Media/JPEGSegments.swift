/// What a JPEG has beside its picture (ITU-T T.81, B.1.1): comments and the segments of applications, of which the ones
/// that continue one another are joined, further pictures of a camera (CIPA DC-007), and what stands behind the end.
/// Programs for metadata write each of them to a file.
package struct JPEGSegments: ListingOpener {
    static let mark: [UInt8] = [0xFF, 0xD8, 0xFF]
    private static let maximumSegments = 100_000
    private static let blockLength = 1 << 16
    /// Shorter segments are numbers and words.
    private static let shortest = 32
    /// Markers between coded pixels. A large picture has more of them than segments are read.
    private static let restarts: ClosedRange<UInt8> = 0xD0...0xD7
    /// The tag of the list of pictures, and the length of a row of it.
    private static let pictureList: UInt64 = 0xB002
    private static let pictureRow = 16

    package var parts = ListedParts()
    private let layer: FileSlice
    private struct Piece {
        let place: UInt64
        let range: Range<Int64>
        /// How many pieces the whole has; 0 if no piece says so.
        let total: Int
    }

    /// The pieces of what is joined, by its name.
    private var joined: [String: [Piece]] = [:]
    private var segments = 0
    /// What was read last, and where it begins.
    private var block: (start: Int64, bytes: [UInt8]) = (0, [])

    /// - Throws: `.tooLarge`. A segment that is cut ends with the layer, as in readers.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        if let end = try readSegments() { try parts.add("trailer", end..<layer.size, of: layer, isGuess: true) }
        try addJoined()
    }

    private mutating func addJoined() throws(UnpackingError) {
        for (name, pieces) in joined.sorted(by: { $0.key < $1.key }) {
            // A segment alone is a part already.
            if name.hasPrefix("segments "), pieces.count == 1 { continue }
            try add(name, pieces[...])
            // Readers take as many pieces as there should be, though some have the same place, and begin again.
            let total = pieces[0].total
            guard total > 0, pieces.count > total else { continue }
            for start in stride(from: 0, to: pieces.count, by: total) { try add(name, pieces[start...].prefix(total)) }
        }
        joined = [:]
    }

    private mutating func add(_ name: String, _ pieces: ArraySlice<Piece>) throws(UnpackingError) {
        var whole = ScatteredSlice(layer)
        // Those of one place stay in their order.
        let order = pieces.indices.sorted { (pieces[$0].place, $0) < (pieces[$1].place, $1) }
        for index in order { try whole.append(pieces[index].range) }
        try parts.add(ListedParts.Part(Array(name.utf8), .layer(whole), isGuess: true))
    }

    /// Returns where the last picture ends, or nil if its end is missing. Pictures may follow one another.
    private mutating func readSegments() throws(UnpackingError) -> Int64? {
        var (offset, end): (Int64, Int64?) = (0, nil)
        while let marker = try nextMarker(&offset) {
            segments += 1
            guard segments <= Self.maximumSegments else {
                throw UnpackingError(.tooLarge, "more than \(Self.maximumSegments) segments")
            }
            switch marker {
            case 0xD9:
                end = offset
                // The pieces of the next picture do not continue those of this one.
                try addJoined()
                guard try layer.bytes(at: offset, count: 3) == Self.mark else { return end }
            // Start of a picture, and what has no length.
            case 0xD8, 0x01: break
            default:
                let length = Int64(try layer.bytes(at: offset, count: 2).bigNumber(2, at: 0))
                let body = (offset + 2..<max(offset + 2, offset + length)).clamped(to: 0..<layer.size)
                if marker == 0xFE || (0xE0...0xEF).contains(marker) { try take(marker, body) }
                offset += max(2, length)
            }
        }
        return end
    }

    /// Returns the next marker and moves behind it: coded pixels, restarts and stuffed bytes are passed over. An offset
    /// is not before the last one.
    private mutating func nextMarker(_ offset: inout Int64) throws(UnpackingError) -> UInt8? {
        while true {
            if offset + 1 >= block.start + Int64(block.bytes.count) {
                block = (offset, try layer.bytes(at: offset, count: Self.blockLength))
                guard block.bytes.count > 1 else { return nil }
            }
            let bytes = block.bytes
            var index = Int(offset - block.start)
            while let place = bytes[index...].firstIndex(of: 0xFF), place + 1 < bytes.count {
                let byte = bytes[place + 1]
                if byte != 0, byte != 0xFF, !Self.restarts.contains(byte) {
                    offset = block.start + Int64(place + 2)
                    return byte
                }
                index = place + 1
            }
            offset = block.start + Int64(bytes.count - 1)
        }
    }

    private mutating func take(_ marker: UInt8, _ body: Range<Int64>) throws(UnpackingError) {
        let head = FileStart(bytes: try layer[body].bytes(at: 0, count: 128))
        func rest(_ count: Int64) -> Range<Int64> { min(body.upperBound, body.lowerBound + count)..<body.upperBound }
        func join(_ name: String, _ place: UInt64, from count: Int64, of total: Int = 0) {
            joined[name, default: []].append(Piece(place: place, range: rest(count), total: total))
        }
        if head.has("Exif\0") {
            try parts.add("Exif", rest(6), of: layer, isGuess: true)
        } else if head.has("http://ns.adobe.com/xap/1.0/\0") {
            // A packet of XMP is seen in files of any form, if its letters have one byte.
            if head.bytes.dropFirst(29).contains(0) { try parts.add("XMP", rest(29), of: layer, isGuess: true) }
        } else if head.has("ICC_PROFILE\0") {
            join("colour profile", UInt64(head[12]), from: 14, of: Int(head[13]))
        } else if head.has("http://ns.adobe.com/xmp/extension/\0") {
            let name = String(decoding: head.bytes.dropFirst(35).prefix(32), as: UTF8.self)
            join("XMP \(name)", head.bigEndian(4, at: 71), from: 75)
        } else if head.has("Photoshop 3.0\0") {
            join("Photoshop", UInt64(segments), from: 14)
        } else if head.has("FPXR\0") {
            if head[6] == 2 { join("FlashPix \(head.bigEndian(2, at: 7))", head.bigEndian(4, at: 9), from: 13) }
        } else if head.has("JP"), marker == 0xEB {
            // Each piece repeats the head of the box.
            let number = head.bigEndian(4, at: 4)
            join("JUMBF \(head.bigEndian(2, at: 2))", number, from: number > 1 ? 16 : 8)
        } else if head.has("MPF\0") {
            try takePictures(rest(4))
        } else if head.has("JFXX\0") {
            try parts.add("thumbnail", rest(6), of: layer, use: .picture, isGuess: true)
        } else if head.has("FLIR\0") {
            join("FLIR", UInt64(head[6]), from: 8, of: Int(head[7]) + 1)
        } else {
            if marker != 0xFE { join("segments \(marker)", UInt64(segments), from: 0) }
            guard body.count >= Self.shortest else { return }
            try parts.add(marker == 0xFE ? "comment" : "segment", body, of: layer, isGuess: true)
        }
    }

    /// Adds the further pictures of a list, whose offsets count from the list's own start.
    private mutating func takePictures(_ list: Range<Int64>) throws(UnpackingError) {
        let head = FileStart(bytes: try layer[list].bytes(at: 0, count: 1 << 14))
        let isBig = head.has("MM")
        func number(_ count: Int, _ place: Int) -> UInt64 {
            isBig ? head.bigEndian(count, at: place) : head.number(count, at: place)
        }
        let directory = Int(number(4, 4))
        guard directory < head.bytes.count else { return }
        for entry in 0..<Int(number(2, directory)) {
            let place = directory + 2 + 12 * entry
            guard place < head.bytes.count else { return }
            guard number(2, place) == Self.pictureList else { continue }
            let (count, rows) = (Int(number(4, place + 4)), Int(number(4, place + 8)))
            for row in stride(from: rows, to: min(rows + count, head.bytes.count), by: Self.pictureRow) {
                let start = list.lowerBound + Int64(number(4, row + 8))
                // The offset of the first picture is zero: it is the layer.
                guard start > list.lowerBound else { continue }
                let end = start + Int64(number(4, row + 4))
                try parts.add("picture", start..<end, of: layer, use: .picture, isGuess: true)
            }
        }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
