/// The pictures, also those in comments, and the application's data in a FLAC's metadata (RFC 9639, section 8).
package struct FLACPictures: ListingOpener {
    /// The mark, and the head of the first block: 34 bytes about the stream.
    static let mark: [UInt8] = [0x66, 0x4C, 0x61, 0x43]
    private static let application: UInt8 = 2
    private static let comments: UInt8 = 4
    private static let picture: UInt8 = 6
    private static let maximumBlocks = 1000

    package var parts = ListedParts()

    /// Whether the block of the stream's properties follows the mark.
    static func isPlausible(_ block: ArraySlice<UInt8>, _ mark: Int) -> Bool {
        let head = block[mark...].dropFirst(4).prefix(4)
        return head.count < 4 || head.elementsEqual([0, 0, 0, 34]) || head.elementsEqual([0x80, 0, 0, 34])
    }

    package init(_ layer: FileSlice) throws(UnpackingError) {
        var offset = Int64(Self.mark.count)
        var (comments, searched) = (VorbisComments(), Int64(0))
        for _ in 0..<Self.maximumBlocks {
            let head = try layer.bytes(at: offset, count: 4)
            guard head.count == 4 else { return }
            let body = offset + 4..<offset + 4 + Int64(head.bigNumber(3, at: 1))
            switch head[0] & 0x7F {
            case Self.application:
                let data = min(body.upperBound, body.lowerBound + 4)..<body.upperBound
                try parts.add("application data", data, of: layer)
            case Self.comments:
                // As for pictures, readers go by the comments' own lengths.
                let end = try max(body.upperBound, VorbisComments.end(from: body.lowerBound, in: layer))
                searched += end - body.lowerBound
                guard searched <= VorbisComments.longest else {
                    throw UnpackingError(.tooLarge, "comments of \(searched) bytes")
                }
                let bytes = try layer.bytes(at: body.lowerBound, count: Int(end - body.lowerBound))
                for picture in try comments.pictures(in: bytes) {
                    try parts.add(ListedParts.Part(Array("picture".utf8), .memory(picture), use: .picture))
                }
            case Self.picture:
                // The length of a block is too short for large pictures. Readers go by the picture's own.
                if let data = try Self.data(ofPicture: body.lowerBound, in: layer) {
                    try parts.add("picture", data, of: layer, use: .picture)
                }
            default: break
            }
            if head[0] & 0x80 != 0 { return }
            offset = body.upperBound
        }
        throw UnpackingError(.tooLarge, "more blocks of metadata than are read")
    }

    /// Where the bytes of a picture are, behind its kind, two texts, four numbers and its length; nil without any.
    static func data(ofPicture offset: Int64, in layer: FileSlice) throws(UnpackingError) -> Range<Int64>? {
        var place = offset + 4
        for _ in 0..<2 { place += 4 + Int64(try layer.bytes(at: place, count: 4).bigNumber(4, at: 0)) }
        let length = Int64(try layer.bytes(at: place + 16, count: 4).bigNumber(4, at: 0))
        let start = place + 20
        return start < layer.size && length > 0 ? start..<start + length : nil
    }

    package var unaccounted: [Range<Int64>] { [] }
}
