/// The pictures in the comments of Ogg streams (RFC 3533; "Vorbis comment" and "FLAC: embedded pictures" of Xiph.org):
/// in Base64 in the second packet of a Vorbis, an Opus or a Theora, as blocks of FLAC's own metadata.
package struct OggPictures: ListingOpener {
    static let mark = "OggS"
    private static let headLength = 27
    private static let beginsStream: UInt8 = 2
    private static let maximumPages = 4_000_000
    private static let maximumStreams = 65_536
    /// The most places at which something other than a page stands between two pages.
    private static let maximumInterruptions = 4096
    /// The packets of a FLAC that may have metadata.
    private static let maximumPackets = 64

    private let layer: FileSlice
    package var parts = ListedParts()
    private var comments = VorbisComments()

    /// A logical stream: the packets that have begun, the last of which may go on.
    private struct Stream {
        var packets = 0
        var packet: ScatteredSlice
        var isFLAC = false
        var isDone = false
    }

    /// Goes through all pages: another stream may begin behind the end of the first ones, and players look for the next
    /// page behind damage.
    ///
    /// - Throws: `.tooLarge`.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        var streams: [UInt64: Stream] = [:]
        var (offset, interruptions) = (try page(from: 0), 0)
        for _ in 0..<Self.maximumPages {
            guard let start = offset else { return }
            let head = try layer.bytes(at: start, count: Self.headLength + 255)
            guard head.count > Self.headLength else { return }
            let lengths = head[Self.headLength...].prefix(Int(head[26]))
            let serial = head.number(4, at: 14)
            if streams[serial] == nil || head[5] & Self.beginsStream != 0 {
                guard streams.count < Self.maximumStreams else {
                    throw UnpackingError(.tooLarge, "more streams than are read")
                }
                streams[serial] = Stream(packet: ScatteredSlice(layer))
            }
            let end = try take(lengths, at: start + Int64(Self.headLength + lengths.count), &streams[serial]!)
            offset = try isPage(at: end) ? end : page(from: start + 1)
            if offset != end { interruptions += 1 }
            guard interruptions <= Self.maximumInterruptions else {
                throw UnpackingError(.tooLarge, "more damage between pages than is read")
            }
        }
        throw UnpackingError(.tooLarge, "more pages than are read")
    }

    /// Whether the mark of a page and its version stand at an offset.
    private func isPage(at offset: Int64) throws(UnpackingError) -> Bool {
        try layer.bytes(at: offset, count: 5) == Array(Self.mark.utf8) + [0]
    }

    /// Returns where the next page begins, or nil.
    private func page(from offset: Int64) throws(UnpackingError) -> Int64? {
        try layer.firstOffset(of: Array(Self.mark.utf8) + [0], in: offset..<max(offset, layer.size))
    }

    /// Takes the segments of a page, and returns where the next page begins.
    private mutating func take(
        _ lengths: ArraySlice<UInt8>, at start: Int64, _ stream: inout Stream
    ) throws(UnpackingError) -> Int64 {
        var offset = start
        for length in lengths {
            let end = offset + Int64(length)
            if !stream.isDone, end <= layer.size { try stream.packet.append(offset..<end) }
            offset = end
            guard length < 255 else { continue }
            if !stream.isDone { try take(&stream) }
            stream.packet = ScatteredSlice(layer)
        }
        return offset
    }

    private mutating func take(_ stream: inout Stream) throws(UnpackingError) {
        let packet = stream.packet
        stream.packets += 1
        let head = try packet.bytes(at: 0, count: 8)
        if stream.packets == 1 {
            stream.isFLAC = head.starts(with: [0x7F, 0x46, 0x4C, 0x41, 0x43])
            return
        }
        stream.isDone = !stream.isFLAC || stream.packets > Self.maximumPackets || head.first == 0xFF
        guard packet.size <= VorbisComments.longest else {
            throw UnpackingError(.tooLarge, "comments of \(packet.size) bytes")
        }
        let bytes = try packet.bytes(at: 0, count: Int(packet.size))
        guard stream.isFLAC, head.first.map({ $0 & 0x7F }) == 6 else {
            for picture in try comments.pictures(in: bytes) { try add(picture) }
            return
        }
        let picture = VorbisComments.picture(ofBlock: bytes.dropFirst(4))
        if !picture.isEmpty { try add(picture) }
    }

    private mutating func add(_ picture: ArraySlice<UInt8>) throws(UnpackingError) {
        try parts.add(ListedParts.Part(Array("picture".utf8), .memory(picture), use: .picture))
    }

    package var unaccounted: [Range<Int64>] { [] }
}
