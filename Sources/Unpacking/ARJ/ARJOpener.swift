/// The members of an ARJ archive, from header to header down to its end mark.
package struct ARJOpener: LayerOpener {
    private static let lastMethod = 4
    /// A packed member may end with bits that fill two bytes.
    private static let mostPadding: Int64 = 4

    private let layer: FileSlice
    /// The next header.
    private var offset: Int64
    private var member: ARJHeader?
    private var hasEnded = false
    package private(set) var unaccounted: [Range<Int64>] = []

    /// - Throws: what is wrong with the archive's own header; `.method` for one volume of several.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        guard let header = try ARJHeader.read(layer, at: 0) else {
            throw UnpackingError(.malformed, "an end mark in place of the archive's header")
        }
        try Self.check(header)
        (self.layer, offset) = (layer, header.isOfArchive ? header.end : 0)
    }

    /// - Throws: `.truncated` if the file ends before the end mark, `.malformed` if a header's checksum is wrong,
    ///   `.method` for a member that nothing here unpacks.
    package mutating func next() throws(UnpackingError) -> LayerPart? {
        while !hasEnded {
            guard let header = try ARJHeader.read(layer, at: offset) else {
                hasEnded = true
                try noteRest(from: offset + 4)
                break
            }
            guard header.packedSize <= layer.size - header.end else {
                throw UnpackingError(.truncated, "\(printable(header.name)): \(header.packedSize) bytes at \(offset)")
            }
            offset = header.end + header.packedSize
            try Self.check(header)
            guard header.packedSize > 0 || header.size > 0 else { continue }
            guard header.isEncrypted || header.method <= Self.lastMethod else {
                throw UnpackingError(.method, "\(printable(header.name)), method \(header.method)")
            }
            member = header
            return LayerPart(name: header.name, size: header.size, isEncrypted: header.isEncrypted)
        }
        return nil
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard let member, !member.isEncrypted else { return 0 }
        guard member.size <= limit else { throw UnpackingError(.tooLarge, "\(member.size) bytes") }
        let range = member.end..<member.end + member.packedSize
        if member.method == 0 {
            guard member.size == member.packedSize else {
                throw UnpackingError(.malformed, "a stored member of two sizes")
            }
            return try layer.copy(range, into: file, limit: limit)
        }
        var decoder = ARJDecoder(layer[range], method: member.method, size: member.size)
        var writer = ScratchWriter(file, limit: limit)
        var sum = CRC32()
        while true {
            let bytes = try decoder.next()
            if bytes.isEmpty { break }
            sum.add(bytes)
            try writer.append(bytes)
        }
        let end = member.end + decoder.input.position
        if range.upperBound - end > Self.mostPadding { unaccounted.append(end..<range.upperBound) }
        guard UInt64(sum.value) == member.sum else {
            throw UnpackingError(.malformed, "a member with a wrong checksum")
        }
        return try writer.finish()
    }

    private static func check(_ header: ARJHeader) throws(UnpackingError) {
        if header.isSplit { throw UnpackingError(.method, "one volume of several") }
    }

    private mutating func noteRest(from end: Int64) throws(UnpackingError) {
        if let rest = try layer.firstNonzeroOffset(in: end..<max(end, layer.size)) {
            unaccounted.append(rest..<layer.size)
        }
    }
}
