/// The bytes of a ZIP archive that its entries own, and those that belong to nobody.
struct ZipExtents {
    static let headerMark: [UInt8] = [0x50, 0x4B, 3, 4]

    private var extents: [Range<Int64>] = []

    mutating func add(_ extent: Range<Int64>) { extents.append(extent) }

    /// Looks at the entries in the order in which they lie in the file.
    mutating func check(in file: FileStretch, end: ZipEnd, note: ZipNote) throws(UnpackingError) {
        extents.sort { $0.lowerBound < $1.lowerBound }
        var place: Int64 = 0
        for (index, extent) in extents.enumerated() {
            if extent.lowerBound < place, index > 0 {
                note(.overlap, "an entry at \(extent.lowerBound), before \(place) where another one ends")
            } else {
                try checkGap(place..<extent.lowerBound, isPrefix: index == 0, in: file, note)
            }
            place = max(place, extent.upperBound)
        }
        let directory = end.directory
        if place > directory.lowerBound {
            note(.overlap, "an entry reaches into the directory at \(directory.lowerBound)")
        } else {
            try checkGap(place..<directory.lowerBound, isPrefix: extents.isEmpty, in: file, note)
        }
    }

    private func checkGap(
        _ gap: Range<Int64>, isPrefix: Bool, in file: FileStretch, _ note: ZipNote
    ) throws(UnpackingError) {
        guard !gap.isEmpty else { return }
        if let place = try file.first(Self.headerMark, in: gap) {
            note(.hiddenEntry, "a local header at \(place), of no entry")
        }
        // A mark of four bytes stands before archives that were meant to be split.
        if isPrefix, gap.upperBound == 4 { return }
        guard try file.firstByteNotZero(in: gap) != nil else { return }
        note(isPrefix ? .prefix : .gap, "\(gap.count) bytes at \(gap.lowerBound)")
    }
}
