/// The parts of a TNEF file (`winmail.dat`): attachments, the text of the letter, embedded objects.
/// Source: [MS-OXTNEF], sections 2.1 and 2.2. The file is a list of attributes; two of them are lists of MAPI
/// properties.
package struct TNEFOpener: LayerOpener {
    static let mark: [UInt8] = [0x78, 0x9F, 0x3E, 0x22]

    private static let attachmentTitle: UInt64 = 0x0001_8010
    private static let attachmentData: UInt64 = 0x0006_800F
    private static let attachmentProperties: UInt64 = 0x0006_9005
    private static let attachmentIcon: UInt64 = 0x0006_8011
    private static let attachmentMetafile: UInt64 = 0x0006_9001
    private static let messageProperties: UInt64 = 0x0006_9003
    private static let body: UInt64 = 0x0002_800C
    private static let maximumParts = 20_000
    /// Shorter binary values are keys and identifiers.
    private static let shortestValue: Int64 = 16

    private struct Part {
        let name: String
        let range: Range<Int64>
        var isCompressedRTF = false
    }

    private let layer: FileSlice
    private var parts: [Part] = []
    private var index = -1
    private var end: Int64 = 0

    /// - Throws: `.malformed`, `.tooLarge`.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        guard try layer.bytes(at: 0, count: 4) == Self.mark else { throw UnpackingError(.malformed, "not TNEF") }
        // Behind the signature: a key of two bytes.
        var offset: Int64 = 6
        while offset < layer.size {
            let head = try layer.bytes(at: offset, count: 9)
            // A level of 1 or 2, an attribute with its type, a length; behind the bytes, a checksum.
            guard head.count == 9, head[0] == 1 || head[0] == 2 else { break }
            let length = Int64(head.number(4, at: 5))
            let start = offset + 9
            // The last one may be cut. What is there of it is what readers take.
            let last = min(layer.size, start + length)
            try take(head.number(4, at: 1), start..<last)
            offset = min(layer.size, last + 2)
        }
        end = offset
    }

    private mutating func take(_ attribute: UInt64, _ range: Range<Int64>) throws(UnpackingError) {
        switch attribute {
        case Self.attachmentData: try add("attachment", range)
        case Self.attachmentIcon, Self.attachmentMetafile: try add("icon", range)
        case Self.body: try add("body", range)
        case Self.attachmentProperties, Self.messageProperties:
            var properties = MAPIProperties(layer, in: range)
            do throws(UnpackingError) {
                while let value = try properties.next() { try add(value) }
            } catch {
                guard error.code == .malformed || error.code == .truncated else { throw error }
                // What is not understood of the list is inspected as bytes.
                try add("properties", properties.rest)
            }
        default: break
        }
    }

    private mutating func add(_ value: MAPIProperties.Value) throws(UnpackingError) {
        guard value.range.count >= Self.shortestValue else { return }
        switch value.tag {
        case MAPIProperties.compressedRTF: try add("body.rtf", value.range, isCompressedRTF: true)
        case MAPIProperties.objectData where value.isObject && value.range.count > 16:
            // A GUID says what it is: a letter as TNEF, or an OLE storage.
            try add("object", value.range.lowerBound + 16..<value.range.upperBound)
            try add("object", value.range)
        default: try add("property", value.range)
        }
    }

    private mutating func add(
        _ name: String, _ range: Range<Int64>, isCompressedRTF: Bool = false
    ) throws(UnpackingError) {
        guard !range.isEmpty else { return }
        guard parts.count < Self.maximumParts else {
            throw UnpackingError(.tooLarge, "more than \(Self.maximumParts) parts in TNEF")
        }
        parts.append(Part(name: name, range: range, isCompressedRTF: isCompressedRTF))
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        index += 1
        guard index < parts.count else { return nil }
        return LayerPart(parts[index].name, size: Int64(parts[index].range.count))
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard parts.indices.contains(index) else { return 0 }
        let part = parts[index]
        guard part.isCompressedRTF else { return try layer.copy(part.range, into: file, limit: limit) }
        var writer = ScratchWriter(file, limit: limit)
        try CompressedRTF.decode(layer, in: part.range, to: &writer)
        return try writer.finish()
    }

    /// What follows the last attribute.
    package var unaccounted: [Range<Int64>] { end < layer.size ? [end..<layer.size] : [] }
}
