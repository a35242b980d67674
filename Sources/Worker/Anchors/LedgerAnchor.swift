package import Domain
internal import FoundationEssentials
package import Ledger
internal import Support

/// The head of the ledger's chain, kept in an object outside the ledger.
///
/// ```
/// {"format":"lazaret-anchor-1","sequence":1234,"hash":"9f…","at":"2026-11-21T08:00:00.000Z","written":"…"}
/// ```
package struct LedgerAnchor: Sendable, Equatable {
    package let head: ChainHead
    /// When the object was made.
    package let written: Timestamp

    package init(_ head: ChainHead, written: Timestamp) {
        self.head = head
        self.written = written
    }

    /// The most bytes that one has.
    package static let maximumSize = 1024

    private static let format = "lazaret-anchor-1"

    /// The end of the key of the anchor of a time.
    package static func name(at time: Timestamp) -> String { "\(time).json" }

    package var bytes: [UInt8] {
        JSONWriter.object { json in
            json.field("format", Self.format)
            json.field("sequence", head.sequence)
            json.field("hash", head.hash)
            json.field("at", head.at.description)
            json.field("written", written.description)
        } + [0x0A]
    }

    /// Returns nil for anything but an anchor.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.maximumSize, let stored = try? JSONDecoder().decode(Stored.self, from: Data(bytes)),
            stored.format == Self.format, let at = Timestamp(iso8601: stored.at),
            let written = Timestamp(iso8601: stored.written),
            let head = ChainHead(sequence: stored.sequence, hexadecimal: stored.hash, at: at)
        else { return nil }
        self.init(head, written: written)
    }

    private struct Stored: Decodable {
        let format: String
        let sequence: Int64
        let hash: String
        let at: String
        let written: String
    }
}
