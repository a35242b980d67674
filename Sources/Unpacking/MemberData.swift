internal import CArchive
internal import Glibc
internal import Support

/// How far the current member was read, against what it announced.
@safe struct MemberProgress {
    var size: Int64?
    var isEncrypted = false
    var holdsData = true
    /// Whether what is missing at its end is a hole, and not a loss.
    var isSparse = false
    /// Bytes that were given out, holes included.
    var position: Int64 = 0
    /// Bytes that libarchive gave behind a hole that was given out first. They stay valid until libarchive is called again.
    var behindHole: UnsafeRawBufferPointer?
    /// CRC-32 that the member's bytes must have, where libarchive does not see to it; of those that were given out.
    var expectedChecksum: UInt32?
    var checksum = Checksum()
    /// libarchive's blocks without a byte, one behind another.
    var emptyBlocks = 0

    init() {}

    init(_ member: Member, isSparse: Bool) {
        size = member.size
        isEncrypted = member.isEncrypted
        holdsData = member.holdsData
        self.isSparse = isSparse
    }

    /// So many in a row are a loop that gets nowhere.
    static let mostEmptyBlocks = 10_000
}

/// What comes next of a member.
@safe enum MemberBlock {
    /// Valid until the archive is used again.
    case bytes(UnsafeRawBufferPointer)
    /// A hole of a sparse member.
    case zeros(Int64)
}

extension Archive {
    /// The next piece of the current member; nil at its end, and where there is no current member.
    ///
    /// - Parameter limit: `.tooLarge` is thrown before the member's bytes become more than this.
    mutating func nextBlock(limit: Int64) throws(UnpackingError) -> MemberBlock? {
        guard try isInMember() else { return nil }
        // libarchive hands the stored bytes of some forms out as they are.
        if current.isEncrypted { throw UnpackingError(.encrypted, "the member is encrypted") }
        guard current.holdsData else { return nil }
        if let bytes = unsafe current.behindHole {
            unsafe current.behindHole = nil
            return try unsafe give(.bytes(bytes), limit: limit)
        }
        while true {
            var start: UnsafeRawPointer?
            var count = 0
            var offset: Int64 = 0
            let code = unsafe archive_read_data_block(handle, &start, &count, &offset)
            if code == ARCHIVE_EOF { return try end(limit: limit) }
            guard code == ARCHIVE_OK else { throw damaged(failure(), isFatal: code == ARCHIVE_FATAL) }
            guard let start = unsafe start, count > 0 else {
                current.emptyBlocks += 1
                guard current.emptyBlocks < MemberProgress.mostEmptyBlocks else {
                    throw damaged(UnpackingError(.malformed, "a member gets nowhere"), isFatal: true)
                }
                continue
            }
            current.emptyBlocks = 0
            guard offset >= current.position else {
                throw damaged(UnpackingError(.malformed, "a member's blocks overlap"), isFatal: false)
            }
            let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
            guard offset > current.position else { return try unsafe give(.bytes(bytes), limit: limit) }
            unsafe current.behindHole = bytes
            return try give(.zeros(offset - current.position), limit: limit)
        }
    }

    private mutating func give(_ block: MemberBlock, limit: Int64) throws(UnpackingError) -> MemberBlock {
        let count: Int64
        switch block {
        case .bytes(let bytes): count = Int64(bytes.count)
        case .zeros(let zeros): count = zeros
        }
        guard count <= limit - current.position else {
            throw damaged(UnpackingError(.tooLarge, "a member of more than \(limit) bytes"), isFatal: false)
        }
        current.position += count
        if current.expectedChecksum != nil {
            switch block {
            case .bytes(let bytes): unsafe current.checksum.add(bytes)
            case .zeros(let zeros): current.checksum.add(repeatElement(0, count: Int(zeros)))
            }
        }
        return block
    }

    /// At the end that libarchive told: the member has as many bytes as it announced, or it is damaged.
    private mutating func end(limit: Int64) throws(UnpackingError) -> MemberBlock? {
        if let size = current.size, current.position != size {
            if current.isSparse, current.position < size {
                return try give(.zeros(size - current.position), limit: limit)
            }
            let detail = "a member has \(current.position) bytes and announced \(size)"
            throw damaged(
                UnpackingError(source.wantedMore && current.position < size ? .truncated : .malformed, detail),
                isFatal: false)
        }
        if let expected = current.expectedChecksum, current.checksum.value != expected {
            throw damaged(UnpackingError(.malformed, "a member's check sum is wrong"), isFatal: false)
        }
        finishMember()
        return nil
    }

    /// Fills `room` from `index` on with the current member's next bytes, holes as zeros.
    ///
    /// - Returns: how many were filled in: fewer than there is room for only at the member's end, 0 behind it.
    package mutating func read(into room: inout [UInt8], from index: Int = 0) throws(UnpackingError) -> Int {
        var place = index
        while place < room.count {
            if pending.isEmpty {
                switch try nextBlock(limit: .max) {
                case nil: return place - index
                case .zeros(let count): pending = PendingBytes(zeros: count)
                case .bytes(let bytes): unsafe pending = PendingBytes(bytes)
                }
            }
            place += pending.move(into: &room, at: place)
        }
        return place - index
    }
}

/// What was taken out of libarchive and not yet given on: a block is seldom as long as the room for it.
struct PendingBytes {
    private var bytes: [UInt8] = []
    private var used = 0
    private var zeros: Int64 = 0

    init() {}
    init(zeros: Int64) { self.zeros = zeros }
    init(_ block: UnsafeRawBufferPointer) { unsafe bytes = Array(block) }

    var isEmpty: Bool { zeros == 0 && used == bytes.count }

    /// Moves as many as fit; how many those were.
    mutating func move(into room: inout [UInt8], at index: Int) -> Int {
        if zeros > 0 {
            let count = Int(min(zeros, Int64(room.count - index)))
            room.replaceSubrange(index..<index + count, with: repeatElement(0, count: count))
            zeros -= Int64(count)
            return count
        }
        let count = min(bytes.count - used, room.count - index)
        room.replaceSubrange(index..<index + count, with: bytes[used..<used + count])
        used += count
        return count
    }
}

/// Writes all of `bytes` at a place of a file.
func write(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt, at place: Int64) throws(UnpackingError) {
    var done = 0
    while done < bytes.count {
        let count = unsafe pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(place) + off_t(done))
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw scratchFailure() }
        done += count
    }
}

/// Writes all of `bytes` at a place of a scratch file.
///
/// - Throws: `.scratch`, `.scratchFull`.
package func writeScratch(_ bytes: ArraySlice<UInt8>, to descriptor: CInt, at place: Int64) throws(UnpackingError) {
    let result = unsafe bytes.withUnsafeBytes { bytes in
        Result { () throws(UnpackingError) in try unsafe write(bytes, to: descriptor, at: place) }
    }
    try result.get()
}

/// By the calling thread's `errno`.
func scratchFailure() -> UnpackingError {
    let error = SystemError("the unpacked bytes cannot be written")
    return UnpackingError(error.isDiskFull ? .scratchFull : .scratch, error.description)
}
