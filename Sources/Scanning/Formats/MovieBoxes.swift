/// Files of the ISO base media format (ISO/IEC 14496-12) and of QuickTime, by their boxes: libmagic knows only some
/// brands, and asks for the `ftyp` box first.
enum MovieBoxes {
    private static let pictureBrands: [(brand: String, type: String)] = [
        ("avif", "image/avif"), ("avis", "image/avif"), ("heic", "image/heic"), ("heix", "image/heic"),
        ("hevc", "image/heic"), ("mif1", "image/heif"), ("msf1", "image/heif"),
    ]

    /// Boxes that QuickTime files have at the top level.
    private static let boxes: Set<String> = ["moov", "mdat", "wide", "free", "skip", "pnot"]

    /// - Parameter size: of the file in bytes, or nil if only its beginning is there.
    static func type(of head: Chunk, size: Int64?) -> String? {
        if head.matches("ftyp", at: 4) { return typeByBrand(head) }
        // Without `ftyp`: three boxes, one behind the other, or boxes up to the end.
        var (at, seen, names) = (0, 0, Set<String>())
        while let box = box(at: at, in: head) {
            names.insert(box.name)
            seen += 1
            at += box.length
            if let size, Int64(at) == size, seen > 1 { return known(names) }
            if seen == 3 { return known(names) }
            if at >= head.bytes.count { return seen > 1 || box.name == "mdat" ? known(names) : nil }
        }
        return nil
    }

    private static func known(_ names: Set<String>) -> String? {
        names.contains("moov") || names.contains("mdat") ? "video/quicktime" : nil
    }

    private static func typeByBrand(_ head: Chunk) -> String? {
        guard let length = bigEndian(head, at: 0), (16...4096).contains(length), length % 4 == 0 else { return nil }
        let brands = stride(from: 8, to: min(length, head.bytes.count - 3), by: 4).compactMap { text(head, at: $0) }
        guard let major = brands.first else { return nil }
        for (brand, type) in pictureBrands where brands.contains(brand) { return type }
        return major == "qt  " ? "video/quicktime" : major.hasPrefix("M4A") ? "audio/x-m4a" : "video/mp4"
    }

    private static func box(at start: Int, in head: Chunk) -> (name: String, length: Int)? {
        guard let length = bigEndian(head, at: start), let name = text(head, at: start + 4), boxes.contains(name)
        else { return nil }
        // 0: to the file's end; 1: a length of 8 bytes follows.
        if length == 0 || length == 1 { return (name, head.bytes.count) }
        return length >= 8 ? (name, length) : nil
    }

    private static func bigEndian(_ head: Chunk, at index: Int) -> Int? {
        head.number(at: index, as: UInt32.self).map { Int($0.byteSwapped) }
    }

    private static func text(_ head: Chunk, at index: Int) -> String? {
        guard index + 4 <= head.bytes.count else { return nil }
        return String(decoding: head.bytes[index..<index + 4], as: UTF8.self)
    }
}
