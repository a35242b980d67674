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
        case .rar, .rar5, .cpio, .lha: hasEnd = !source.wantedMore
        default: hasEnd = true
        }
        guard hasEnd else { throw UnpackingError(.truncated, "\(form.displayName) without its end mark") }
    }

    /// Bytes behind the container's end that nothing has read, the zeros right behind it left out; nil before that end is
    /// reached, and where it cannot be told.
    package var trailingBytes: Int64? {
        guard hasEnded else { return nil }
        switch form {
        case .tar, .cpio, .lha, .rar, .rar5, .gzip, .bzip2, .xz, .lzma, .lzip, .zstd, .lz4, .ar:
            guard let rest = source.firstByteNotZero(from: unsafe archive_filter_bytes(handle, -1)) else { return nil }
            return source.size - rest
        default: return nil
        }
    }
}

extension ContainerSource {
    /// Where the first byte other than zero stands from `place` on; `size` where there is none, nil where it cannot be read.
    func firstByteNotZero(from place: Int64) -> Int64? {
        var place = max(0, place)
        while place < size {
            guard let bytes = bytes(at: place) else { return nil }
            if let index = bytes.firstIndex(where: { $0 != 0 }) { return place + Int64(index) }
            place += Int64(bytes.count)
        }
        return size
    }

    private func bytes(at place: Int64) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: Int(min(64 * 1024, size - place)))
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe readAt(descriptor, offset: start + place, into: $0) }
        return count == bytes.count ? bytes : nil
    }
}
