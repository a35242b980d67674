internal import Glibc

extension FileSlice {
    /// A part of this slice. A range beyond its ends is cut.
    package subscript(range: Range<Int64>) -> FileSlice {
        let lower = min(max(0, range.lowerBound), size)
        let upper = min(max(lower, range.upperBound), size)
        return FileSlice(descriptor: descriptor, start: start + lower, size: upper - lower)
    }

    /// Writes a range of the slice to the start of a scratch file, and returns its length.
    package func copy(_ range: Range<Int64>, into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        let count = Int64(range.count)
        guard count <= limit else { throw UnpackingError(.tooLarge, "\(count) bytes") }
        try copyBlocks(range, into: file, at: 0)
        return count
    }

    /// Writes a range of the slice to an offset of a scratch file.
    package func copyBlocks(_ range: Range<Int64>, into file: CInt, at offset: Int64) throws(UnpackingError) {
        var copied: Int64 = 0
        while copied < Int64(range.count) {
            let wanted = Int(min(Int64(1 << 17), Int64(range.count) - copied))
            let block = try bytes(at: range.lowerBound + copied, count: wanted)
            guard block.count == wanted else { throw UnpackingError(.read, "a range beyond the layer's end") }
            try writeScratch(block[...], to: file, at: offset + copied)
            copied += Int64(wanted)
        }
    }
}

/// Makes a scratch file that long. What was not written is zeros.
func extendScratch(_ file: CInt, to size: Int64) throws(UnpackingError) {
    guard ftruncate(file, off_t(size)) == 0 else { throw scratchError() }
}
