/// The tracks of a film in Matroska or WebM whose frames are packed (RFC 9559, sections 5.1.4.1.31 and 10): each is a
/// part, its frames unpacked one behind the other, as mkvextract writes them to a file.
package struct MatroskaTracks: LayerOpener {
    /// The ID of EBML's head. Readers ask for it at the start of a file.
    static let mark: [UInt8] = [0x1A, 0x45, 0xDF, 0xA3]
    private static let clusterMark: [UInt8] = [0x1F, 0x43, 0xB6, 0x75]
    private static let tracksMark: [UInt8] = [0x16, 0x54, 0xAE, 0x6B]
    private static let maximumElements = 4_000_000
    private static let maximumFrames = 4_000_000
    /// The most places from which the next cluster or description is searched for. Each search reads a block.
    private static let maximumInterruptions = 4096
    private static let maximumTracks = 1000
    private static let longestSettings: Int64 = 1 << 16

    private typealias Element = MatroskaAttachments.Element

    private enum ID {
        static let segment: UInt64 = 0x1853_8067
        static let cluster: UInt64 = 0x1F43_B675
        static let tracks: UInt64 = 0x1654_AE6B
        static let seekHead: UInt64 = 0x114D_9B74
        static let seek: UInt64 = 0x4DBB
        static let seekPosition: UInt64 = 0x53AC
        static let blockGroup: UInt64 = 0xA0
        static let block: UInt64 = 0xA1
        static let simpleBlock: UInt64 = 0xA3
    }

    private let layer: FileSlice
    private var tracks: [MatroskaTrack] = []
    /// For each number of a track, the indices of those with packed frames.
    private var users: [UInt64: [Int]] = [:]
    /// The offsets at which the tracks in `tracks` are described.
    private var described: Set<Int64> = []
    private var (elements, frames, interruptions) = (0, 0, 0)
    /// The next place of the mark of tracks, as the last search for it found it.
    private var nextTracks: Int64 = -1
    private var index = -1

    /// Goes through the film twice if it has packed tracks: a reader may find their description behind their frames.
    ///
    /// - Throws: `.tooLarge`.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        try walk(describing: true)
        tracks.removeAll { !$0.isPacked }
        for index in tracks.indices where tracks[index].packsBlocks {
            users[tracks[index].number, default: []].append(index)
        }
        if !users.isEmpty { try walk(describing: false) }
    }

    /// Goes from element to element, into those that hold others, and from damage to the next description or cluster.
    private mutating func walk(describing isFirst: Bool) throws(UnpackingError) {
        var (offset, segment) = (Int64(0), Int64(0))
        while offset < layer.size {
            try Self.count(&elements)
            guard let element = try Element(in: layer, at: offset, end: layer.size) else {
                offset = try resynchronize(from: offset + 1)
                continue
            }
            let body = element.body
            switch element.id {
            case ID.segment: segment = body.lowerBound
            case ID.tracks where isFirst: try describe(element, at: offset)
            case ID.seekPosition where isFirst:
                let place = try layer.bytes(at: body.lowerBound, count: min(8, body.count))
                let target = segment + Int64(bounding: place.bigNumber(place.count, at: 0))
                if let found = try Element(in: layer, at: target, end: layer.size), found.id == ID.tracks {
                    try describe(found, at: target)
                }
            case ID.block where !isFirst, ID.simpleBlock where !isFirst: try take(body)
            default: break
            }
            let isOpened =
                [ID.segment, ID.seekHead, ID.seek, ID.blockGroup].contains(element.id)
                || element.id == ID.cluster && (!isFirst || !element.hasSize)
            if isOpened {
                offset = body.lowerBound
            } else {
                let isWhole = element.hasSize && !element.isCut
                offset = try isWhole ? body.upperBound : resynchronize(from: max(offset + 1, body.lowerBound))
            }
        }
    }

    /// Counts an element that is read.
    static func count(_ elements: inout Int) throws(UnpackingError) {
        elements += 1
        guard elements <= maximumElements else { throw UnpackingError(.tooLarge, "more elements than are read") }
    }

    /// Returns the offset of the next mark of a cluster or of tracks, or the layer's end.
    private mutating func resynchronize(from offset: Int64) throws(UnpackingError) -> Int64 {
        interruptions += 1
        guard interruptions <= Self.maximumInterruptions else {
            throw UnpackingError(.tooLarge, "more damage between elements than is read")
        }
        if nextTracks < offset {
            nextTracks = try layer.firstOffset(of: Self.tracksMark, in: offset..<max(offset, layer.size)) ?? layer.size
        }
        return try layer.firstOffset(of: Self.clusterMark, in: offset..<max(offset, nextTracks)) ?? nextTracks
    }

    private mutating func describe(_ element: Element, at offset: Int64) throws(UnpackingError) {
        guard described.insert(offset).inserted else { return }
        tracks += try MatroskaTrack.read(element.body, in: layer, &elements)
        guard tracks.count <= Self.maximumTracks else { throw UnpackingError(.tooLarge, "more tracks than are read") }
    }

    /// Notes the frames of a block for the tracks of its number.
    private mutating func take(_ block: Range<Int64>) throws(UnpackingError) {
        let head = try layer.bytes(at: block.lowerBound, count: min(12, block.count))
        guard let first = head.first, first != 0 else { return }
        let length = first.leadingZeroBitCount + 1
        // Behind the number: a time of two bytes, and flags.
        guard head.count >= length + 3 else { return }
        let number = head.bigNumber(length, at: 0) & (1 << UInt64(7 * length) - 1)
        guard let users = users[number] else { return }
        let lace = MatroskaLace(flags: head[length + 2], block.lowerBound + Int64(length) + 3..<block.upperBound)
        let found = try lace.frames(in: layer)
        for user in users {
            tracks[user].frames += found
            frames += found.count
        }
        guard frames <= Self.maximumFrames else { throw UnpackingError(.tooLarge, "more frames than are read") }
    }

    /// - Throws: `.method` at the end, if a track is packed by a method that is not supported.
    package mutating func next() throws(UnpackingError) -> LayerPart? {
        repeat { index += 1 } while tracks.indices.contains(index) && tracks[index].unsupported != nil
        guard index < tracks.count else {
            if let method = tracks.lazy.compactMap(\.unsupported).first { throw UnpackingError(.method, method) }
            return nil
        }
        // What is no text is shown, or played.
        return LayerPart("track \(tracks[index].number)", use: tracks[index].isText ? .file : .picture)
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard tracks.indices.contains(index) else { return 0 }
        return try tracks[index].unpack(from: layer, into: file, limit: limit)
    }

    package var unaccounted: [Range<Int64>] { [] }
}
