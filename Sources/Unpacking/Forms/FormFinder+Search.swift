internal import Glibc

extension FormFinder {
    /// How many bytes of a layer are searched, from its start. The engine takes no larger file.
    private static let searchLimit: Int64 = 2 << 30
    private static let blockLength = 1 << 20
    /// The longest distance from a form's start to the end of its magic number.
    private static let longestReach: Int64 = 512
    /// How many magic numbers without a valid header are looked at: each costs a read.
    private static let maximumCandidates = 20_000

    /// A magic number that may stand anywhere.
    private struct Mark: Sendable {
        let form: ContainerForm
        let bytes: [UInt8]
        /// The magic number's offset in the form.
        var offset = 0
        /// The index of two of its bytes that are rare.
        var anchor = 0

        init(_ form: ContainerForm, _ bytes: [UInt8], at offset: Int = 0, anchor: Int = 0) {
            (self.form, self.bytes, self.offset, self.anchor) = (form, bytes, offset, anchor)
        }

        init(_ form: ContainerForm, _ text: String, at offset: Int = 0) {
            self.init(form, Array(text.utf8), at: offset)
        }
    }

    /// Forms that ordinary software finds behind other bytes: self-extractors of every archiver, AppImage, and what
    /// GNU tar and GNU cpio skip to.
    private static let marks: [Mark] = [
        Mark(.sevenZip, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
        Mark(.rar, [0x52, 0x61, 0x72, 0x21, 0x1A, 7, 0]),
        Mark(.rar5, [0x52, 0x61, 0x72, 0x21, 0x1A, 7, 1, 0]),
        Mark(.cab, "MSCF"),
        Mark(.squashfs, "hsqs"),
        Mark(.lha, "-lh", at: 2),
        Mark(.lha, "-lz", at: 2),
        Mark(.arj, [0x60, 0xEA]),
        Mark(.ace, "**ACE**", at: 7),
        Mark(.zoo, [0xDC, 0xA7, 0xC4, 0xFD], at: 20),
        Mark(.stuffIt, "StuffIt (c)1997-"),
        Mark(.stuffIt, "rLau", at: 10),
        Mark(.xar, [0x78, 0x61, 0x72, 0x21, 0, 0x1C, 0, 1]),
        Mark(.wim, "MSWIM\0\0\0"),
        Mark(.cpio, "070701"),
        Mark(.cpio, "070702"),
        Mark(.cpio, "070707"),
        Mark(.tar, "ustar", at: 257),
        Mark(.pgpArmor, "BEGIN PGP ", at: 5),
        Mark(.encryptedFile, "BEGIN AGE ENCRYP", at: 5),
        Mark(.ole2, OLE2File.magic),
        Mark(.rtf, #"\objdata"#),
        Mark(.powerPointObject, PowerPointObjects.plainMark, anchor: 2),
        Mark(.powerPointObject, PowerPointObjects.compressedMark, anchor: 2),
    ]

    /// For each pair of bytes, the marks that have it at their anchor, as bits.
    private static let marksByPair: [UInt32] = {
        var table = [UInt32](repeating: 0, count: 1 << 16)
        for (index, mark) in marks.enumerated() {
            table[Int(mark.bytes[mark.anchor]) << 8 | Int(mark.bytes[mark.anchor + 1])] |= 1 << index
        }
        return table
    }()

    /// Searches a part of a layer for forms with a valid header. Of forms that extend to the layer's end, only the
    /// first is returned: its reader goes on from there.
    static func search(_ slice: FileSlice, in range: Range<Int64>) throws(UnpackingError) -> [Sighting] {
        var found: [Sighting] = []
        var candidates = 0
        var offset = range.lowerBound
        let end = min(range.upperBound, slice.size, searchLimit)
        while offset < end {
            let block = try slice.bytes(at: offset, count: Int(min(Int64(blockLength), end - offset)))
            for (position, mark) in hits(in: block) {
                let start = offset + Int64(position - mark.offset)
                guard start >= range.lowerBound, !isCovered(start, mark.form, found) else { continue }
                candidates += 1
                guard candidates <= maximumCandidates else {
                    throw UnpackingError(.tooLarge, "more than \(maximumCandidates) magic numbers in a file")
                }
                guard let length = try EmbeddedHeader.length(of: mark.form, in: slice, at: start) else { continue }
                found.append(Sighting(mark.form, start..<min(slice.size, start + length)))
                guard found.count < maximumSightings else {
                    throw UnpackingError(.tooLarge, "more than \(found.count) containers in a layer")
                }
            }
            guard offset + Int64(block.count) < end else { break }
            // A mark may begin in this block and end in the next one.
            offset += Int64(max(1, block.count - 15))
        }
        return found
    }

    /// Whether a sighting of the same form contains the offset.
    private static func isCovered(_ offset: Int64, _ form: ContainerForm, _ found: [Sighting]) -> Bool {
        found.contains { $0.form == form && $0.range.contains(offset) }
    }

    private static func hits(in block: [UInt8]) -> [(position: Int, mark: Mark)] {
        var hits: [(position: Int, mark: Mark)] = []
        let table = marksByPair
        guard block.count > 1 else { return [] }
        unsafe block.withUnsafeBufferPointer { bytes in
            unsafe table.withUnsafeBufferPointer { table in
                var index = 0
                let last = bytes.count - 1
                while index < last {
                    let pair = unsafe Int(bytes[index]) << 8 | Int(bytes[index + 1])
                    var bits = unsafe table[pair]
                    while bits != 0 {
                        let mark = marks[bits.trailingZeroBitCount]
                        bits &= bits - 1
                        let start = index - mark.anchor
                        guard start >= 0, start + mark.bytes.count <= bytes.count else { continue }
                        if unsafe memcmp(bytes.baseAddress! + start, mark.bytes, mark.bytes.count) == 0 {
                            hits.append((start, mark))
                        }
                    }
                    index += 1
                }
            }
        }
        return hits
    }
}
