/// The text of a page or of XML as its readers decode it, in ASCII, if its bytes are not that: a character set with
/// shifts (UTF-7, RFC 2152; ISO-2022, ECMA-35; HZ, RFC 1843), or entities of its own (XML 1.0, 4.4).
package struct MarkupTextOpener: SinglePartOpener {
    private static let headLength = 1024
    private static let keys = ["encoding", "charset"]

    private let layer: FileSlice
    private let encoding: ShiftedText.Encoding?
    private let hasEntities: Bool
    package var isTaken = false

    static func isHead(_ head: FileStart) -> Bool {
        let text = head.bytes.prefix(headLength)
        guard text.first(where: { $0 > 0x20 && $0 < 0x80 }) == 0x3C else { return false }
        return encoding(of: text) != nil || hasEntities(text)
    }

    private static func hasEntities(_ head: ArraySlice<UInt8>) -> Bool {
        Array(head).index(of: Array("<!ENTITY".utf8)) != nil
    }

    /// The encoding that a declaration of XML or an element of HTML names.
    private static func encoding(of head: ArraySlice<UInt8>) -> ShiftedText.Encoding? {
        let text = head.map(\.lowercase)
        for key in keys {
            var start = 0
            // The first one may stand in a comment.
            while let place = text.index(of: Array(key.utf8), from: start) {
                start = place + key.utf8.count
                let name = text[start...].prefix(48).drop { [0x20, 0x3D, 0x22, 0x27].contains($0) }
                if let encoding = ShiftedText.Encoding(name) { return encoding }
            }
        }
        return nil
    }

    /// What was decoded names no character set any more.
    private static func removeEncoding(from text: inout [UInt8]) {
        for key in keys {
            while let place = text.prefix(headLength).map(\.lowercase).index(of: Array(key.utf8)) {
                text.removeSubrange(place..<(place + key.utf8.count))
            }
        }
    }

    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let head = try layer.bytes(at: 0, count: Self.headLength)[...]
        (encoding, hasEntities) = (Self.encoding(of: head), Self.hasEntities(head))
    }

    package var part: LayerPart { LayerPart("the text", use: .working) }

    /// - Throws: `.tooLarge`, also for entities that stand for too many others.
    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        var writer = ScratchWriter(file, limit: limit)
        var shifts = encoding.map(ShiftedText.init)
        var entities = XMLEntities()
        var isFirst = true
        try layer.forEachBlock(in: 0..<layer.size) { block throws(UnpackingError) in
            var text = shifts?.decode(block) ?? block
            if isFirst, encoding != nil { Self.removeEncoding(from: &text) }
            isFirst = false
            try writer.append(hasEntities ? entities.expand(text) : text)
        }
        try writer.append(entities.end())
        return try writer.finish()
    }
}
