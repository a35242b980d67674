/// The stretches of data of a tar archive, by its headers alone. libarchive gives none of the data of a folder, a
/// device or a member whose other fields say that it is empty; other readers go by the size.
package struct TarAccount {
    private static let block: Int64 = 512
    private static let maximumHeaders = 1_000_000
    private static let longestPaxHeader: Int64 = 1 << 20
    private static let longestPaxRecord = 4096
    private static let longestName = 4096

    private let layer: FileSlice

    package init(_ layer: FileSlice) { self.layer = layer }

    /// Returns the data of each member of which libarchive gave another number of bytes, and the data of extended
    /// headers that begins as a container does.
    ///
    /// - Parameter delivered: the bytes of each member, in the order of the archive.
    func unread(delivered: [Int64]) throws(UnpackingError) -> [Range<Int64>] {
        var unread: [Range<Int64>] = []
        var (offset, member, paxSize): (Int64, Int, Int64?) = (0, 0, nil)
        for _ in 0..<Self.maximumHeaders {
            let header = FileStart(bytes: try layer.bytes(at: offset, count: Int(Self.block)))
            guard header.isOldTar, let declared = Self.size(header) else { return unread }
            let isExtension = Self.isExtension(header[156])
            var size = isExtension ? declared : paxSize ?? declared
            let start = try self.start(ofDataBehind: offset, header)
            let given = member < delivered.count ? delivered[member] : -1
            // Some writers give a link the size of its target, and no data.
            if header[156] == 0x31, given <= 0, try isHeader(at: start) { size = 0 }
            guard size <= layer.size - start else { return unread }
            let data = start..<start + size
            if isExtension {
                if header[156] == 0x78 { paxSize = try self.paxSize(in: data) ?? paxSize }
                if try hidesData(header[156], data) { unread.append(data) }
            } else {
                // The parts of a sparse member make more bytes than are stored.
                let isWhole = header[156] == 0x53 ? given > 0 : given >= size
                if size > 0, !isWhole { unread.append(data) }
                (member, paxSize) = (member + 1, nil)
            }
            offset = (data.upperBound + Self.block - 1) / Self.block * Self.block
        }
        throw UnpackingError(.tooLarge, "more than \(Self.maximumHeaders) headers")
    }

    /// The data of the first member by its size, and all that follows its header.
    package func firstData() throws(UnpackingError) -> [Range<Int64>] {
        let header = FileStart(bytes: try layer.bytes(at: 0, count: Int(Self.block)))
        guard let size = Self.size(header), layer.size > Self.block else { return [] }
        let rest = Self.block..<layer.size
        return size < rest.count ? [Self.block..<Self.block + size, rest] : [rest]
    }

    private func isHeader(at offset: Int64) throws(UnpackingError) -> Bool {
        FileStart(bytes: try layer.bytes(at: offset, count: Int(Self.block))).isOldTar
    }

    /// Behind the header, and the further blocks that describe a sparse member of the old GNU format.
    private func start(ofDataBehind offset: Int64, _ header: FileStart) throws(UnpackingError) -> Int64 {
        var (start, isContinued) = (offset + Self.block, header[156] == 0x53 && header[482] != 0)
        while isContinued, start < layer.size {
            isContinued = try layer.bytes(at: start + 504, count: 1) == [1]
            start += Self.block
        }
        return start
    }

    /// `L`, `K`: a long name, a long target. `x`, `X`, `g`: pax. `V`: a volume's label.
    private static func isExtension(_ type: UInt8) -> Bool { [0x4C, 0x4B, 0x78, 0x58, 0x67, 0x56].contains(type) }

    /// Whether the data of an extension is more than one is made of: a name of some length, records of pax with values
    /// of some length. Some readers write it to a file.
    private func hidesData(_ type: UInt8, _ data: Range<Int64>) throws(UnpackingError) -> Bool {
        let text = try layer.bytes(at: data.lowerBound, count: Int(min(Int64(data.count), Self.longestPaxHeader)))
        guard [0x78, 0x58, 0x67].contains(type) else { return text.count > Self.longestName || text.isBinaryName }
        guard text.count == data.count else { return true }
        var rest = text[...]
        while !rest.isEmpty, rest.first != 0 {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard let length = Int(String(decoding: digits, as: UTF8.self)), length > digits.count + 1,
                length <= min(rest.count, Self.longestPaxRecord), rest[digits.endIndex] == 0x20
            else { return true }
            rest = rest.dropFirst(length)
        }
        return rest.contains { $0 != 0 }
    }

    /// Octal digits, or a binary number whose first byte has its highest bit set.
    private static func size(_ header: FileStart) -> Int64? {
        let field = header.bytes[124..<136]
        if header[124] & 0x80 != 0 {
            let value = field.dropFirst(4).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return header[124] == 0x80 && value < UInt64(Int64.max) ? Int64(value) : nil
        }
        let digits = field.drop { $0 == 0x20 || $0 == 0 }.prefix { (0x30...0x37).contains($0) }
        return digits.reduce(Int64(0)) { $0 << 3 | Int64($1 - 0x30) }
    }

    /// The `size` of a pax header: `LENGTH size=NUMBER` on a line of its own.
    private func paxSize(in range: Range<Int64>) throws(UnpackingError) -> Int64? {
        let text = try layer.bytes(at: range.lowerBound, count: Int(min(Int64(range.count), Self.longestPaxHeader)))
        guard let place = text.index(of: Array(" size=".utf8)) else { return nil }
        let digits = text[(place + 6)...].prefix { (0x30...0x39).contains($0) }
        guard (1...18).contains(digits.count) else { return nil }
        return digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
    }
}

extension [UInt8] {
    /// Whether a name has bytes, before the zeros at its end, that no name has.
    fileprivate var isBinaryName: Bool { prefix { $0 != 0 }.count < reversed().drop { $0 == 0 }.count }
}
