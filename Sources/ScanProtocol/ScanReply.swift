/// A reply of a scanner child. It is written by a process that has just parsed hostile bytes, so the worker checks all
/// of it.
///
/// A child may only send one reply to each request (`ScanRequest`); it cannot ask for anything. What the worker
/// requires of a reply, and where that is checked:
///
/// | requirement | checked in |
/// |---|---|
/// | one packet of at most `Packet.maximumLength` bytes | `ScannerListener.receive`, `receiveReply` |
/// | no descriptor attached | `ScannerListener.receiveReply` |
/// | nothing after it until the next request | `ScannerListener.receiveReply` |
/// | the request's nonce at its end | `Nonce.split`, `ScannerSlots.answered` |
/// | every number, text and list within its bounds, and no byte left over | `PacketReader`, `ScanReply.init` |
/// | an answer to what was asked (`answers`) | `ScannerSlots.answered` |
/// | facts that agree with the object's size and the limits | `ScanFindings.swift`, `EvidenceCompleteness.swift` |
/// | sent within the time limit | `ScannerListener.checkClock` |
///
/// A child that breaks one of them is killed, unless only its facts are wrong. The object is then tried again with
/// another child, `ScannerConfiguration.maxDeaths` times in all, unless its time is up. Every child is replaced after
/// `ScannerConfiguration.requestsPerChild` replies, so that a hijacked one cannot lie for long.
package enum ScanReply: Sendable, Equatable {
    /// The MIME type that `identify` asked for.
    case type(String)
    case scanned(ScanFacts)
    /// Why the request could not be carried out.
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

    /// Whether this is a kind of reply that the request allows.
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
