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
        default: hasEnd = true
        }
        guard hasEnd else { throw UnpackingError(.truncated, "\(form.displayName) without its end mark") }
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
        case .sevenZip: claimedEnd { 32 + $0.number(8, at: 12) &+ $0.number(8, at: 20) }
        case .cab: claimedEnd { $0.number(4, at: 8) }
        default: nil
        }
    }

    private func claimedEnd(_ read: ([UInt8]) -> UInt64) -> Int64? {
        guard let start = try? source.stretch.bytes(at: 0, count: 32), start.count == 32,
            let end = Int64(exactly: read(start)), end <= source.size
        else { return nil }
        return end
    }
}
