internal import CArchive
internal import Glibc

/// The end that libarchive told, looked at again: it takes a file that is cut between two members for a complete one.
extension Archive {
    func checkEnd() throws(UnpackingError) {
        if source.failure != 0 { throw failure() }
        let hasEnd: Bool
        switch form {
        // A block of zeros; a single one is taken, as every reader does.
        case .tar: hasEnd = unsafe archive_read_header_position(handle) < source.size
        // An end block, or a member that says so.
        case .rar, .cpio: hasEnd = !source.wantedMore
        case .rar5: hasEnd = rar?.end != nil
        // A header's length of zero.
        case .lha: hasEnd = try source.stretch.bytes(at: consumed, count: 1) == [0]
        // No mark, but nothing is left over that could be the beginning of a member.
        case .ar: hasEnd = try source.stretch.isBlank(from: consumed)
        default:
            hasEnd = (claimedEnd ?? 0) <= source.size && (consumed > 0 || wasSkipped || !form.holdsOneStream)
        }
        guard hasEnd else { throw UnpackingError(.truncated, "\(form.displayName) without its end") }
    }

    /// Where libarchive's last reader of the container's own bytes stands.
    private var consumed: Int64 { unsafe archive_filter_bytes(handle, -1) }

    /// Bytes behind the container's end that nothing has read, the zeros right behind it left out; nil before that end is
    /// reached, and where it cannot be told.
    package var trailingBytes: Int64? {
        guard hasEnded, let end = end else { return nil }
        do throws(UnpackingError) {
            guard let rest = try source.stretch.firstByteNotZero(in: end..<max(end, source.size)) else { return 0 }
            return source.size - rest
        } catch {
            return nil
        }
    }

    /// Where the container ends, as it says itself; nil where it does not.
    private var end: Int64? {
        switch form {
        case .tar, .cpio, .lha, .rar, .gzip, .bzip2, .xz, .lzma, .lzip, .zstd, .lz4, .ar: consumed
        case .rar5: rar?.end
        case .sevenZip, .cab: claimedEnd
        default: nil
        }
    }
}

extension FileStretch {
    /// Where a container that begins here says in its first header that it ends; nil where it does not.
    func claimedEnd(of form: ContainerForm) throws(UnpackingError) -> Int64? {
        let claim: UInt64
        switch form {
        case .sevenZip:
            // The place and the length of the directory, both counted from behind the header of 32 bytes.
            let header = try bytes(at: 0, count: 32)
            guard header.starts(with: [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]) else { return nil }
            let (length, overflows) = header.number(8, at: 12).addingReportingOverflow(header.number(8, at: 20))
            claim = overflows ? .max : length
        case .cab:
            let header = try bytes(at: 0, count: 12)
            guard header.starts(with: Array("MSCF".utf8)) else { return nil }
            claim = header.number(4, at: 8)
        case .iso:
            // The primary volume descriptor: the number of blocks, and their size.
            let descriptor = try bytes(at: 32 * 1024, count: 132)
            guard descriptor.first == 1 else { return nil }
            claim = descriptor.number(4, at: 80) * descriptor.number(2, at: 128)
        default: return nil
        }
        guard claim < UInt64(Int64.max) - 32 else { return .max }
        return Int64(claim) + (form == .sevenZip ? 32 : 0)
    }

    /// Whether there is nothing but line ends and zeros from `place` on.
    func isBlank(from place: Int64) throws(UnpackingError) -> Bool {
        let rest = try bytes(at: place, count: 4)
        guard rest.allSatisfy({ $0 == 0 || $0 == 0x0A }) else { return false }
        let next = place + Int64(rest.count)
        return try firstByteNotZero(in: next..<max(next, size)) == nil
    }
}
