/// The files that are attached to a film in Matroska or WebM (RFC 9559, section 5.1.6) or its binary tags (5.1.8),
/// wherever the element that holds them stands.
package struct MatroskaAttachments: ListingOpener {
    /// The ID of the element `Attachments`.
    static let mark: [UInt8] = [0x19, 0x41, 0xA4, 0x69]
    /// The ID of the element `Tags`.
    static let tagsMark: [UInt8] = [0x12, 0x54, 0xC3, 0x67]
    private static let tags: UInt64 = 0x1254_C367
    private static let tag: UInt64 = 0x7373
    private static let simpleTag: UInt64 = 0x67C8
    private static let tagBinary: UInt64 = 0x4485
    private static let attachedFile: UInt64 = 0x61A7
    private static let fileName: UInt64 = 0x466E
    private static let fileData: UInt64 = 0x465C
    private static let checksum: UInt64 = 0xBF
    private static let void: UInt64 = 0xEC
    private static let longestName: Int64 = 1024
    private static let maximumElements = 100_000

    private let layer: FileSlice
    package var parts = ListedParts()
    private var elements = 0
    package private(set) var unaccounted: [Range<Int64>] = []

    /// The head of an element: its ID with the bits of its length, and where its bytes are.
    struct Element {
        let id: UInt64
        let body: Range<Int64>

        /// Returns the element at an offset of a layer, or nil if none can begin there. One of unknown size, or one
        /// that is cut, extends to `end`.
        init?(in layer: FileSlice, at offset: Int64, end: Int64) throws(UnpackingError) {
            let head = try layer.bytes(at: offset, count: 12)
            guard let first = head.first, first.leadingZeroBitCount < 4 else { return nil }
            let idLength = first.leadingZeroBitCount + 1
            guard head.count > idLength, head[idLength] != 0 else { return nil }
            let sizeLength = head[idLength].leadingZeroBitCount + 1
            guard head.count >= idLength + sizeLength else { return nil }
            let mask: UInt64 = 1 << UInt64(7 * sizeLength) - 1
            let size = head.bigNumber(sizeLength, at: idLength) & mask
            id = head.bigNumber(idLength, at: 0)
            let start = min(end, offset + Int64(idLength + sizeLength))
            body = start..<(size == mask || size > UInt64(end - start) ? end : start + Int64(size))
            hasSize = size != mask
            isCut = size != mask && size > UInt64(end - start)
        }

        let isCut: Bool
        /// Whether its size is known.
        let hasSize: Bool
    }

    /// Returns the length of an element with attachments or tags at an offset, or nil if what stands there is none.
    static func length(in layer: FileSlice, at offset: Int64) throws(UnpackingError) -> Int64? {
        guard let element = try Element(in: layer, at: offset, end: layer.size),
            let first = try Element(in: layer, at: element.body.lowerBound, end: element.body.upperBound),
            [element.id == tags ? tag : attachedFile, checksum, void].contains(first.id)
        else { return nil }
        return element.body.upperBound - offset
    }

    /// - Throws: `.truncated` if an attached file is cut; `.tooLarge`.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        guard let all = try Element(in: layer, at: 0, end: layer.size) else { return }
        var offset = all.body.lowerBound
        while offset < all.body.upperBound {
            guard let element = try Element(in: layer, at: offset, end: all.body.upperBound) else {
                unaccounted = [offset..<all.body.upperBound]
                return
            }
            if element.id == Self.attachedFile, all.id != Self.tags { try add(element) }
            if element.id == Self.tagBinary, all.id == Self.tags {
                guard !element.isCut else { throw UnpackingError(.truncated, "a binary tag is cut") }
                try parts.add("binary tag", element.body, of: layer)
            }
            // A tag holds others, one behind the other.
            let isTag = all.id == Self.tags && (element.id == Self.tag || element.id == Self.simpleTag)
            offset = isTag ? element.body.lowerBound : element.body.upperBound
            try count()
        }
    }

    private mutating func count() throws(UnpackingError) {
        elements += 1
        guard elements <= Self.maximumElements else { throw UnpackingError(.tooLarge, "more elements than are read") }
    }

    private mutating func add(_ file: Element) throws(UnpackingError) {
        var (name, offset): ([UInt8], Int64) = (Array("attachment".utf8), file.body.lowerBound)
        while offset < file.body.upperBound {
            guard let element = try Element(in: layer, at: offset, end: file.body.upperBound) else {
                unaccounted.append(offset..<file.body.upperBound)
                return
            }
            if element.id == Self.fileName {
                name = try layer.bytes(
                    at: element.body.lowerBound, count: Int(min(Int64(element.body.count), Self.longestName)))
            } else if element.id == Self.fileData {
                guard !element.isCut, !file.isCut else { throw UnpackingError(.truncated, "an attached file is cut") }
                try parts.add(ListedParts.Part(name, .layer(ScatteredSlice(layer, element.body))))
            }
            offset = element.body.upperBound
            try count()
        }
    }
}
