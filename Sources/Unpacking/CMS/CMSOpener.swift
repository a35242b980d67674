/// What a CMS structure carries in the clear: the content of SignedData, DigestedData, AuthenticatedData,
/// CompressedData and TimeStampedData, in DER or in BER as programs write it that do not know the length beforehand. A
/// signature apart from its content, and a collection of certificates, carry nothing.
package struct CMSOpener: LayerOpener {
    private let layer: FileSlice
    private let type: CMSType
    private var reader: BERReader
    private var content: Content?
    private var isTaken = false
    private let end: Int64

    private struct Content {
        /// Nil for a type that is no CMS structure itself.
        let type: CMSType?
        let octets: [Range<Int64>]
        var isCompressed = false
    }

    /// - Throws: `.encrypted` for content that needs a key; `.malformed`, `.truncated`.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        guard let type = CMSType(layer) else { throw UnpackingError(.malformed, "no content type") }
        self.layer = layer
        self.type = type
        reader = BERReader(layer)
        let info = try reader.head(BERHead.sequence, at: 0)
        let identifier = try reader.head(BERHead.objectIdentifier, at: info.content)
        content = nil
        var position = try reader.end(of: identifier)
        if info.end != position, case let explicit = try reader.head(at: position), !explicit.isEndOfContents {
            guard explicit.tag == BERHead.context0 else { throw UnpackingError(.malformed, "no content") }
            content = try Self.content(of: type, at: explicit.content, &reader)
            position = try reader.end(of: explicit)
        }
        // Behind the content, an end-of-contents value ends a structure of unknown length.
        end = info.end ?? min(layer.size, position + 2)
    }

    /// - Parameter offset: of the structure within its `[0]`.
    private static func content(
        of type: CMSType, at offset: Int64, _ reader: inout BERReader
    ) throws(UnpackingError) -> Content? {
        let structure = try reader.head(at: offset)
        switch type {
        case .data: return Content(type: nil, octets: try reader.octets(of: structure))
        case .enveloped, .signedAndEnveloped, .encrypted, .authEnveloped:
            throw UnpackingError(.encrypted, "CMS for a recipient's key")
        case .timeStamped: return try timeStamped(structure, &reader)
        case .signed, .digested, .compressed, .authenticated:
            var content = try encapsulated(structure, isFirst: type == .signed, &reader)
            content?.isCompressed = type == .compressed
            return content
        }
    }

    /// The EncapsulatedContentInfo: the first sequence within SignedData, and the one behind the algorithm within the
    /// others (RFC 5652, sections 5.1, 7 and 9.1; RFC 3274, section 1.1).
    ///
    /// - Returns: nil if it has no content.
    private static func encapsulated(
        _ structure: BERHead, isFirst: Bool, _ reader: inout BERReader
    ) throws(UnpackingError) -> Content? {
        guard structure.tag == BERHead.sequence else { throw UnpackingError(.malformed, "no sequence") }
        var offset = structure.content
        var isNext = isFirst
        while structure.end.map({ offset < $0 }) ?? true {
            let value = try reader.head(at: offset)
            if value.isEndOfContents { break }
            if value.tag == BERHead.sequence {
                if isNext { return try encapsulated(value, &reader) }
                isNext = true
            }
            offset = try reader.end(of: value)
        }
        throw UnpackingError(.malformed, "no content type within")
    }

    private static func encapsulated(_ info: BERHead, _ reader: inout BERReader) throws(UnpackingError) -> Content? {
        let identifier = try reader.head(BERHead.objectIdentifier, at: info.content)
        let next = try reader.end(of: identifier)
        guard info.end != next else { return nil }
        let explicit = try reader.head(at: next)
        if explicit.isEndOfContents { return nil }
        guard explicit.tag == BERHead.context0 else { throw UnpackingError(.malformed, "no content within") }
        let type = CMSType(identifier: try reader.bytes(of: identifier))
        let inner = try reader.head(at: explicit.content)
        if inner.tag & ~0x20 == BERHead.octetString {
            return Content(type: type, octets: try reader.octets(of: inner))
        }
        // PKCS #7 1.5 puts a structure in place of the octet string (RFC 2315, section 7).
        return Content(type: type, octets: [explicit.content..<(try reader.end(of: inner))])
    }

    /// RFC 5544, section 2: version, an address, metadata, the content, evidence.
    private static func timeStamped(_ structure: BERHead, _ reader: inout BERReader) throws(UnpackingError) -> Content?
    {
        guard structure.tag == BERHead.sequence else { throw UnpackingError(.malformed, "no sequence") }
        var offset = structure.content
        while structure.end.map({ offset < $0 }) ?? true {
            let value = try reader.head(at: offset)
            if value.isEndOfContents { break }
            if value.tag & ~0x20 == BERHead.octetString {
                return Content(type: nil, octets: try reader.octets(of: value))
            }
            offset = try reader.end(of: value)
        }
        return nil
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        guard let content, !isTaken else { return nil }
        isTaken = true
        return content.octets.isEmpty ? nil : LayerPart("content")
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard let content else { return 0 }
        var writer = ScratchWriter(file, limit: limit)
        // A structure within another one stands there without its type. With it, it is a layer like any other.
        if let type = content.type, type != .data {
            try writer.append([BERHead.sequence, 0x80, BERHead.objectIdentifier, UInt8(type.identifier.count)])
            try writer.append(type.identifier + [BERHead.context0, 0x80])
        }
        if content.isCompressed {
            var stream = try ZlibStream(.zlib)
            var isAtEnd = false
            for range in content.octets where !isAtEnd {
                try layer.forEachBlock(in: range) { block throws(UnpackingError) in
                    if !isAtEnd { isAtEnd = try stream.decode(block, to: &writer) }
                }
            }
            guard isAtEnd else { throw UnpackingError(.truncated, "compressed content without an end") }
        } else {
            for range in content.octets {
                try layer.forEachBlock(in: range) { block throws(UnpackingError) in try writer.append(block) }
            }
        }
        if let type = content.type, type != .data { try writer.append([0, 0, 0, 0]) }
        return try writer.finish()
    }

    /// What follows the structure.
    package var unaccounted: [Range<Int64>] { end < layer.size ? [end..<layer.size] : [] }
}
