internal import CArchive

extension Archive {
    /// Checks the end that libarchive reported: it takes a file that is cut between two members for a complete one.
    func checkEnd() throws(UnpackingError) {
        if source.readErrno != 0 { throw libarchiveError() }
        let hasEnd: Bool
        switch form {
        // A block of zeros, or the file's end exactly where the next member would begin: readers accept a single
        // block and none, and some writers leave them out.
        case .tar:
            let position = unsafe archive_read_header_position(handle)
            hasEnd = position < source.size || position == source.size && source.size % Self.tarBlock == 0
        // An end block, or a trailer member.
        case .rar, .cpio: hasEnd = !source.didReadPastEnd
        case .rar5: hasEnd = rar?.end != nil
        // A header length of zero.
        case .lha: hasEnd = try source.slice.bytes(at: consumed, count: 1) == [0]
        // There is no end mark, but no partial header is left over either.
        case .ar: hasEnd = try source.slice.isBlank(from: consumed)
        default:
            hasEnd = (declaredEnd ?? 0) <= source.size && (consumed > 0 || wasSkipped || !form.isSingleStream)
        }
        guard hasEnd else { throw UnpackingError(.truncated, "\(form.displayName) has no end") }
    }

    private static let tarBlock: Int64 = 512

    /// How many of the container's bytes libarchive has consumed.
    var consumed: Int64 { unsafe archive_filter_bytes(handle, -1) }

    /// The container's end. Nil before it is reached, and if it is unknown.
    package var containerEnd: Int64? { hasEnded ? end : nil }

    /// The number of bytes after the container's end, without zeros directly after it. Nil if the end is unknown.
    package var trailingBytes: Int64? {
        guard let end = containerEnd else { return nil }
        return source.slice.rests(behind: end).first.map { source.size - $0.lowerBound } ?? 0
    }

    private var end: Int64? {
        switch form {
        case .tar, .cpio, .lha, .rar, .gzip, .bzip2, .xz, .lzma, .lzip, .zstd, .ar: consumed
        // libarchive drops what is no frame.
        case .lz4: (try? LZ4Frames.end(in: source.slice)) ?? consumed
        case .rar5: rar?.end
        case .sevenZip, .cab: declaredEnd
        default: nil
        }
    }
}
