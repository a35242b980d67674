/// What a child of the scanner answers. It is written by a process that has just parsed hostile bytes: the worker
/// believes none of it further than it proves itself.
package enum ScanReply: Sendable, Equatable {
    /// The MIME type that was asked for.
    case type(String)
    case scanned(ScanFacts)
    /// The request could not be carried out, and why.
    case refused(String)

    private enum Tag {
        static let type: UInt8 = 65
        static let scanned: UInt8 = 66
        static let refused: UInt8 = 67
    }

    package var packet: [UInt8] {
        switch self {
        case .type(let type):
            var writer = PacketWriter(tag: Tag.type)
            writer.write(type)
            return writer.bytes
        case .refused(let reason):
            var writer = PacketWriter(tag: Tag.refused)
            writer.write(reason)
            return writer.bytes
        case .scanned(let facts):
            var writer = PacketWriter(tag: Tag.scanned)
            facts.write(to: &writer)
            return writer.bytes
        }
    }

    /// Whether this is an answer to what was asked, whatever it says.
    package func answers(_ request: ScanRequest) -> Bool {
        switch (self, request) {
        case (.type, .identify), (.scanned, .scan), (.refused, _): true
        case (.type, .scan), (.scanned, .identify): false
        }
    }

    package init(packet: [UInt8], count: Int) throws(PacketError) {
        var reader = try PacketReader(packet, count: count)
        switch reader.tag {
        case Tag.type: self = .type(try reader.text())
        case Tag.refused: self = .refused(try reader.text())
        case Tag.scanned: self = .scanned(try ScanFacts(from: &reader))
        default: throw .unknownTag(reader.tag)
        }
        try reader.finish()
    }
}
