internal import Digest
package import Domain

/// The last entry of the ledger's hash chain.
package struct ChainHead: Sendable, Equatable {
    package let sequence: Int64
    /// In lowercase hexadecimal.
    package let hash: String
    /// The time of the row that the entry is about.
    package let at: Timestamp

    package init(sequence: Int64, hash: String, at: Timestamp) {
        self.sequence = sequence
        self.hash = hash
        self.at = at
    }

    /// - Parameter hash: 64 hexadecimal digits, in upper or lower case.
    /// - Returns: nil if no entry can have this sequence or hash.
    package init?(sequence: Int64, hexadecimal hash: String, at: Timestamp) {
        let hash = hash.lowercased()
        guard sequence > 0, hash.utf8.count == 2 * SHA256.byteCount, bytes(ofHexadecimal: hash) != nil else {
            return nil
        }
        self.init(sequence: sequence, hash: hash, at: at)
    }

    /// Reads `SEQUENCE:HASH`, as `text` writes it. Its time is unknown.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let sequence = Int64(parts[0])
        else { return nil }
        self.init(sequence: sequence, hexadecimal: String(parts[1]), at: Timestamp(milliseconds: 0))
    }

    /// `1234:9f2c…`
    package var text: String { "\(sequence):\(hash)" }
}

/// What an entry of the chain is about.
enum ChainKind: String, CaseIterable, Sendable {
    /// The first entry; `number` is the number of rows that were there before the chain, which the next entries are
    /// about.
    case start
    /// How a job ended; `number` is the number of its attempts.
    case outcome
    /// A change of a review, with what it left.
    case review
    case note
    case audit
    case falsePositive = "false-positive"
    case revocation
    /// The statement of which entries were removed with their rows; `number` is the number of jobs.
    case prune
    /// The next `number` entries are about rows that programs without the chain have written meanwhile.
    case seal
}

/// An entry of the chain before it has a place in it.
struct ChainContent: Sendable, Equatable {
    let kind: ChainKind
    /// The job whose rows are removed together with the entry; nil if there is none.
    var job: String?
    var number: Int64 = 0
    /// In milliseconds since 1970.
    let at: Int64
    /// The state of the review that the row leaves; nil if there is none.
    var state: String?
    /// The SHA-256 of the row's canonical bytes.
    let content: [UInt8]
}

/// An entry of the chain.
struct ChainEntry: Sendable, Equatable {
    let sequence: Int64
    let row: ChainContent
    let hash: [UInt8]

    /// The previous hash of the first entry.
    static let origin = [UInt8](repeating: 0, count: SHA256.byteCount)

    init(sequence: Int64, row: ChainContent, hash: [UInt8]) {
        self.sequence = sequence
        self.row = row
        self.hash = hash
    }

    init(sequence: Int64, row: ChainContent, after previous: [UInt8]) {
        self.init(sequence: sequence, row: row, hash: Self.hash(row, at: sequence, after: previous))
    }

    /// Returns the hash of an entry at a place in the chain.
    static func hash(_ row: ChainContent, at sequence: Int64, after previous: [UInt8]) -> [UInt8] {
        var bytes = CanonicalBytes()
        bytes.add("lazaret-chain-1")
        bytes.add(previous)
        bytes.add(sequence)
        bytes.add(row.kind.rawValue)
        bytes.add(row.job.map { Array($0.utf8) })
        bytes.add(row.number)
        bytes.add(row.at)
        bytes.add(row.state.map { Array($0.utf8) })
        bytes.add(row.content)
        return bytes.sha256
    }
}

/// Fields one after the other, each with its length: `5:words,` (a netstring), or `-` for NULL. Numbers are decimal.
/// `docs/LEDGER.md` specifies them for other programs.
struct CanonicalBytes {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ field: [UInt8]?) {
        guard let field else { return bytes.append(UInt8(ascii: "-")) }
        bytes += Array("\(field.count):".utf8)
        bytes += field
        bytes.append(UInt8(ascii: ","))
    }

    mutating func add(_ text: String) { add(Array(text.utf8)) }

    mutating func add(_ number: Int64) { add(String(number)) }

    var sha256: [UInt8] { SHA256.hash(bytes) }
}
