/// What a file of boxes (MP4, QuickTime, HEIF; ISO/IEC 14496-12) holds beside its samples: the items of a `meta` box
/// that are no coded picture (8.11), XML, covers, and `uuid` boxes; of JPEG 2000 and JPEG XL also files in JUMBF
/// (ISO/IEC 19566-5, B.3) and boxes that Brotli packs (ISO/IEC 18181-2, 9.3).
package struct ISOMediaItems: ListingOpener {
    static let heads = ["ftyp", "moov", "mdat", "meta", "styp", "jP  ", "JXL ", "jumb"]
    /// Boxes that are looked into.
    private static let containers: Set<String> = [
        "moov", "udta", "trak", "mdia", "meta", "ilst", "moof", "traf", "asoc", "uinf", "jumb",
    ]
    /// The types of items that are coded pictures, or made of others.
    private static let pictures: Set<String> = [
        "hvc1", "hev1", "lhv1", "hvt1", "av01", "avc1", "vvc1", "evc1", "j2k1", "unci", "grid", "iovl", "iden", "tmap",
        "mski",
    ]
    /// The types of a value that is a picture (QuickTime File Format, "Well-known types").
    private static let pictureValues: Set<UInt64> = [12, 13, 14, 27]
    private static let maximumBoxes = 4_000_000
    private static let deepest = 32
    private static let longestTable: Int64 = 16 << 20
    private static let maximumExtents = 100_000

    private struct Box {
        let type: String
        let body: Range<Int64>
    }

    /// Boxes that are to be read, with the type of the one around them.
    private struct Level {
        var range: Range<Int64>
        let type: String
    }

    private let layer: FileSlice
    package var parts = ListedParts()
    private var boxes = 0
    private var extents = 0

    static func isHead(_ head: FileStart) -> Bool {
        heads.contains { head.has($0, at: 4) } && (head.bigEndian(4, at: 0) >= 8 || head.bigEndian(4, at: 0) == 1)
    }

    /// - Throws: `.tooLarge`, `.method`. A box that is damaged ends the box around it, as in players.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        var levels = [Level(range: 0..<layer.size, type: "")]
        while let level = levels.last {
            guard let box = try box(in: level.range) else {
                levels.removeLast()
                continue
            }
            levels[levels.count - 1].range = box.body.upperBound..<level.range.upperBound
            if let inner = try take(box, in: level.type) {
                guard levels.count < Self.deepest else {
                    throw UnpackingError(.tooLarge, "boxes that are more than \(Self.deepest) deep")
                }
                levels.append(Level(range: inner, type: level.type == "ilst" ? "value" : box.type))
            }
        }
    }

    /// The next box of a range, or nil at the end of the range or at damage.
    private mutating func box(in range: Range<Int64>) throws(UnpackingError) -> Box? {
        guard range.count >= 8 else { return nil }
        let head = try layer.bytes(at: range.lowerBound, count: 16)
        guard head.count >= 8 else { return nil }
        var (size, start) = (head.bigNumber(4, at: 0), range.lowerBound + 8)
        if size == 1, head.count == 16 { (size, start) = (head.bigNumber(8, at: 8), start + 8) }
        if size == 0 { size = UInt64(range.count) }
        guard size >= UInt64(start - range.lowerBound) else { return nil }
        let end = size > UInt64(range.count) ? range.upperBound : range.lowerBound + Int64(size)
        guard start <= end else { return nil }
        boxes += 1
        guard boxes <= Self.maximumBoxes else { throw UnpackingError(.tooLarge, "more boxes than are read") }
        return Box(type: String(decoding: head[4..<8], as: UTF8.self), body: start..<end)
    }

    /// Takes the parts of one box, and returns where its own boxes are if it is looked into.
    private mutating func take(_ box: Box, in parent: String) throws(UnpackingError) -> Range<Int64>? {
        let (start, end) = (box.body.lowerBound, box.body.upperBound)
        switch box.type {
        case "uuid": try parts.add("uuid", min(end, start + 16)..<end, of: layer, use: .working)
        // The boxes of JPEG 2000 and JPEG XL have no version.
        case "xml " where parent != "meta": try parts.add(box.type, box.body, of: layer)
        case "xml ", "bxml": try parts.add(box.type, min(end, start + 4)..<end, of: layer)
        case "bidb": try parts.add(box.type, box.body, of: layer)
        case "brob": try parts.add(box.type, min(end, start + 4)..<end, of: layer, .brotli, use: .working)
        case "data" where parent == "value":
            let type = try layer.bytes(at: start, count: 4).bigNumber(4, at: 0)
            let use = Self.pictureValues.contains(type) ? LayerPart.Use.picture : .working
            // The numbers, and the text that is not to be decoded, stand as they are.
            if type == 0 || use == .picture { try parts.add("value", min(end, start + 8)..<end, of: layer, use: use) }
        case "meta":
            // QuickTime's has no version.
            let isPlain = try layer.bytes(at: start + 4, count: 4) == Array("hdlr".utf8)
            let inner = (isPlain ? start : min(end, start + 4))..<end
            try takeItems(in: inner)
            return inner
        default: return Self.containers.contains(box.type) || parent == "ilst" ? box.body : nil
        }
        return nil
    }

    // MARK: Items

    private mutating func takeItems(in meta: Range<Int64>) throws(UnpackingError) {
        var (names, locations, data): ([UInt64: String], Range<Int64>?, Range<Int64>?) = ([:], nil, nil)
        var rest = meta
        while let box = try box(in: rest) {
            switch box.type {
            case "iinf": names = try itemTypes(in: box.body)
            case "iloc": locations = box.body
            case "idat": data = box.body
            default: break
            }
            rest = box.body.upperBound..<rest.upperBound
        }
        guard let locations else { return }
        guard Int64(locations.count) <= Self.longestTable else {
            throw UnpackingError(.tooLarge, "a table of \(locations.count) bytes")
        }
        let table = try layer.bytes(at: locations.lowerBound, count: locations.count)
        var items = ItemLocations(table)
        while let item = items.next() {
            extents += item.extents.count
            guard extents <= Self.maximumExtents else { throw UnpackingError(.tooLarge, "more extents than are read") }
            let type = names[item.id] ?? ""
            guard !Self.pictures.contains(type) else { continue }
            guard item.method < 2 else {
                throw UnpackingError(.method, "item \(item.id) is put together from other items")
            }
            let base = item.method == 1 ? data?.lowerBound ?? layer.size : 0
            var bytes = ScatteredSlice(layer)
            for extent in item.extents {
                let start = min(layer.size, base + extent.offset)
                let end = extent.length == 0 ? layer.size : min(layer.size, start + extent.length)
                try bytes.append(start..<max(start, end))
            }
            let name = "item \(item.id) \(type)"
            try parts.add(
                ListedParts.Part(Array(name.utf8), .layer(bytes), use: type == "jpeg" ? .picture : .file))
        }
    }

    /// The types of the items that `iinf` names, by their numbers.
    private mutating func itemTypes(in range: Range<Int64>) throws(UnpackingError) -> [UInt64: String] {
        let version = try layer.bytes(at: range.lowerBound, count: 1).first ?? 0
        var rest = min(range.upperBound, range.lowerBound + (version == 0 ? 6 : 8))..<range.upperBound
        var types: [UInt64: String] = [:]
        while let box = try box(in: rest), types.count < Self.maximumExtents {
            rest = box.body.upperBound..<rest.upperBound
            let head = try layer.bytes(at: box.body.lowerBound, count: 16)
            guard box.type == "infe", let version = head.first, version >= 2 else { continue }
            let length = version == 2 ? 2 : 4
            let id = head.bigNumber(length, at: 4)
            types[id] = String(decoding: head.dropFirst(6 + length).prefix(4), as: UTF8.self)
        }
        return types
    }

    package var unaccounted: [Range<Int64>] { [] }
}

/// The rows of an `iloc` box.
struct ItemLocations {
    struct Item {
        let id: UInt64
        /// 0 counts from the file's start, 1 in `idat`, 2 in another item.
        let method: UInt64
        var extents: [(offset: Int64, length: Int64)] = []
    }

    private let table: [UInt8]
    private let version: UInt8
    private let sizes: [Int]
    private var index: Int
    private var left: UInt64

    init(_ table: [UInt8]) {
        self.table = table
        version = table.first ?? 0
        // The lengths of an offset, a length, a base offset and an index, in four bits each.
        let lengths = table.bigNumber(2, at: 4)
        sizes = [12, 8, 4, 0].map { Int(lengths >> UInt64($0) & 15) }
        let countLength = version < 2 ? 2 : 4
        left = table.bigNumber(countLength, at: 6)
        index = 6 + countLength
    }

    /// Returns the next row, or nil at the table's end.
    mutating func next() -> Item? {
        guard left > 0, index < table.count else { return nil }
        left -= 1
        let id = number(version < 2 ? 2 : 4)
        let method = version > 0 ? number(2) & 15 : 0
        _ = number(2)
        let base = number(sizes[2])
        var item = Item(id: id, method: method)
        for _ in 0..<number(2) where index < table.count {
            if version > 0 { _ = number(sizes[3]) }
            let (offset, length) = (number(sizes[0]), number(sizes[1]))
            let place = base.addingReportingOverflow(offset)
            item.extents.append((Int64(bounding: place.overflow ? .max : place.partialValue), Int64(bounding: length)))
        }
        return item
    }

    private mutating func number(_ length: Int) -> UInt64 {
        defer { index += length }
        return table.bigNumber(min(length, 8), at: index)
    }
}
