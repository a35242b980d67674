/// How far the current member was read, and what it declared.
@safe struct MemberProgress {
    var size: Int64?
    var isEncrypted = false
    var holdsData = true
    /// Whether bytes that are missing at its end are a hole.
    var isSparse = false
    /// Bytes that were returned, including holes.
    var position: Int64 = 0
    /// Bytes that follow a hole which was returned first. They stay valid until libarchive is called again.
    var afterHole: UnsafeRawBufferPointer?
    /// The CRC-32 that the member's bytes must have, if libarchive does not check it.
    var expectedChecksum: UInt32?
    /// The CRC-32 of the bytes that were returned.
    var checksum = CRC32()
    /// How many empty blocks libarchive has returned in a row.
    var emptyBlocks = 0

    init() {}

    init(_ member: Member, isSparse: Bool) {
        size = member.size
        isEncrypted = member.isEncrypted
        holdsData = member.holdsData
        self.isSparse = isSparse
    }

    /// This many in a row are an endless loop.
    static let maximumEmptyBlocks = 10_000
}

/// The next piece of a member.
@safe enum MemberBlock {
    /// Valid until the archive is used again.
    case bytes(UnsafeRawBufferPointer)
    /// A hole of a sparse member.
    case zeros(Int64)
}

/// A block of libarchive's, copied, and how much of it was passed on.
struct PendingBytes {
    private var bytes: [UInt8] = []
    private var used = 0
    private var zeros: Int64 = 0

    init() {}
    init(zeros: Int64) { self.zeros = zeros }
    init(_ block: UnsafeRawBufferPointer) { unsafe bytes = Array(block) }

    var isEmpty: Bool { zeros == 0 && used == bytes.count }

    /// Moves as many bytes as fit and returns their number.
    mutating func move(into buffer: inout [UInt8], at index: Int) -> Int {
        if zeros > 0 {
            let count = Int(min(zeros, Int64(buffer.count - index)))
            buffer.replaceSubrange(index..<index + count, with: repeatElement(0, count: count))
            zeros -= Int64(count)
            return count
        }
        let count = min(bytes.count - used, buffer.count - index)
        buffer.replaceSubrange(index..<index + count, with: bytes[used..<used + count])
        used += count
        return count
    }
}
