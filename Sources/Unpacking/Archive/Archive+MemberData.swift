internal import CArchive

extension Archive {
    /// Returns the next piece of the current member, or nil at its end and between members.
    ///
    /// - Throws: `.tooLarge` before the member's bytes become more than `limit`.
    mutating func nextBlock(limit: Int64) throws(UnpackingError) -> MemberBlock? {
        guard try isInMember() else { return nil }
        // libarchive returns the stored bytes of some encrypted members as they are.
        if current.isEncrypted { throw UnpackingError(.encrypted, "the member is encrypted") }
        guard current.holdsData else { return nil }
        if let bytes = unsafe current.afterHole {
            unsafe current.afterHole = nil
            return try unsafe count(.bytes(bytes), limit: limit)
        }
        while true {
            var start: UnsafeRawPointer?
            var length = 0
            var offset: Int64 = 0
            let code = source.watch.during { unsafe archive_read_data_block(handle, &start, &length, &offset) }
            if code == ARCHIVE_EOF { return try finishMember(limit: limit) }
            guard code == ARCHIVE_OK else { throw failed(libarchiveError(), isFatal: code == ARCHIVE_FATAL) }
            guard let start = unsafe start, length > 0 else {
                current.emptyBlocks += 1
                guard current.emptyBlocks < MemberProgress.maximumEmptyBlocks else {
                    throw failed(UnpackingError(.malformed, "a member makes no progress"), isFatal: true)
                }
                continue
            }
            current.emptyBlocks = 0
            source.watch.renew()
            guard offset >= current.position else {
                throw failed(UnpackingError(.malformed, "a member's blocks overlap"), isFatal: false)
            }
            let bytes = unsafe UnsafeRawBufferPointer(start: start, count: length)
            guard offset > current.position else { return try unsafe count(.bytes(bytes), limit: limit) }
            unsafe current.afterHole = bytes
            return try count(.zeros(offset - current.position), limit: limit)
        }
    }

    /// Counts a block and returns it.
    private mutating func count(_ block: MemberBlock, limit: Int64) throws(UnpackingError) -> MemberBlock {
        let count: Int64
        switch block {
        case .bytes(let bytes): count = Int64(bytes.count)
        case .zeros(let zeros): count = zeros
        }
        guard count <= limit - current.position else {
            throw failed(UnpackingError(.tooLarge, "a member of more than \(limit) bytes"), isFatal: false)
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

    /// Checks the end that libarchive reported: a member that has not as many bytes as it declared is damaged.
    private mutating func finishMember(limit: Int64) throws(UnpackingError) -> MemberBlock? {
        if let size = current.size, current.position != size {
            if current.isSparse, current.position < size {
                return try count(.zeros(size - current.position), limit: limit)
            }
            let detail = "a member has \(current.position) bytes and declares \(size)"
            let isTruncated = source.didReadPastEnd && current.position < size
            throw failed(UnpackingError(isTruncated ? .truncated : .malformed, detail), isFatal: false)
        }
        if let expected = current.expectedChecksum, current.checksum.value != expected {
            throw failed(UnpackingError(.malformed, "a member's checksum is wrong"), isFatal: false)
        }
        leaveMember()
        return nil
    }

    /// Fills `buffer` from `index` on with the current member's next bytes. Holes are zeros.
    ///
    /// - Returns: the number of bytes: fewer than fit only at the member's end, 0 after it.
    package mutating func read(into buffer: inout [UInt8], from index: Int = 0) throws(UnpackingError) -> Int {
        var filled = index
        while filled < buffer.count {
            if pending.isEmpty {
                switch try nextBlock(limit: .max) {
                case nil: return filled - index
                case .zeros(let count): pending = PendingBytes(zeros: count)
                case .bytes(let bytes): unsafe pending = PendingBytes(bytes)
                }
            }
            filled += pending.move(into: &buffer, at: filled)
        }
        return filled - index
    }
}
