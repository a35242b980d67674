/// What an image of U-Boot (`image.h`) or of Android's loader (`bootimg.h`, versions 0 to 4) starts: kernels, disks in
/// memory, trees of devices.
package struct BootImageOpener: ListingOpener {
    private static let uBoot: [UInt8] = [0x27, 0x05, 0x19, 0x56]
    private static let android = "ANDROID!"
    private static let uBootHead: Int64 = 64
    /// The kind of an image of U-Boot that lists the lengths of several, behind its head.
    private static let several: UInt8 = 4
    private static let maximumImages = 1000

    package var parts = ListedParts()

    static func isHead(_ head: FileStart) -> Bool {
        head.has(uBoot) && head.bytes.count >= uBootHead && head.bigEndian(4, at: 12) > 0 || head.has(android)
    }

    /// - Throws: `.truncated` if an image is cut; `.malformed`.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        let head = try layer.bytes(at: 0, count: 64)
        if head.starts(with: Self.uBoot) {
            try addUBoot(layer, head)
        } else {
            try addAndroid(layer, head)
        }
    }

    private mutating func add(
        _ name: String, _ start: Int64, _ length: Int64, of layer: FileSlice
    ) throws(UnpackingError) {
        guard start + length <= layer.size else { throw UnpackingError(.truncated, "an image is cut") }
        try parts.add(name, start..<start + length, of: layer)
    }

    private mutating func addUBoot(_ layer: FileSlice, _ head: [UInt8]) throws(UnpackingError) {
        let data = Int64(head.bigNumber(4, at: 12))
        try add("image", Self.uBootHead, data, of: layer)
        guard head[30] == Self.several else { return }
        var lengths: [Int64] = []
        for number in 0..<Self.maximumImages {
            let length = Int64(try layer.bytes(at: Self.uBootHead + 4 * Int64(number), count: 4).bigNumber(4, at: 0))
            guard length > 0 else { break }
            lengths.append(length)
        }
        guard lengths.count < Self.maximumImages else { throw UnpackingError(.tooLarge, "more images than are read") }
        var start = Self.uBootHead + 4 * Int64(lengths.count + 1)
        for length in lengths {
            try add("image", start, length, of: layer)
            start += (length + 3) / 4 * 4
        }
    }

    /// Each image begins with a page. From version 3 on, pages have 4096 bytes and there are two images.
    private mutating func addAndroid(_ layer: FileSlice, _ head: [UInt8]) throws(UnpackingError) {
        let isNew = (3...4).contains(head.number(4, at: 40))
        let page = isNew ? 4096 : Int64(head.number(4, at: 36))
        guard (1...1 << 20).contains(page) else { throw UnpackingError(.malformed, "pages of \(page) bytes") }
        var start = page
        for place in isNew ? [8, 12] : [8, 16, 24] {
            let length = Int64(head.number(4, at: place))
            try add("image", start, length, of: layer)
            start += (length + page - 1) / page * page
        }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
