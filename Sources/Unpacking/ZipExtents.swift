/// The bytes of a ZIP archive that its entries own, and those that belong to nobody.
struct ZipExtents {
    static let headerMark: [UInt8] = [0x50, 0x4B, 3, 4]

    private struct Extent {
        let range: Range<Int64>
        /// Whether its headers claim no data.
        let isEmpty: Bool

        var lowerBound: Int64 { range.lowerBound }
        var upperBound: Int64 { range.upperBound }
    }

    private var extents: [Extent] = []

    mutating func add(_ range: Range<Int64>, isEmpty: Bool) { extents.append(Extent(range: range, isEmpty: isEmpty)) }

    /// Looks at the entries in the order in which they lie in the file.
    mutating func check(in file: FileStretch, end: ZipEnd, note: ZipNote) throws(UnpackingError) {
        extents.sort { $0.lowerBound < $1.lowerBound }
        var place: Int64 = 0
        var isBehindEmpty = false
        for (index, extent) in extents.enumerated() {
            if extent.lowerBound < place, index > 0 {
                note(.overlap, "an entry at \(extent.lowerBound), before \(place) where another one ends")
            } else {
                try checkGap(
                    place..<extent.lowerBound, isPrefix: index == 0, isBehindEmpty: isBehindEmpty, in: file, note)
            }
            if extent.upperBound >= place { isBehindEmpty = extent.isEmpty }
            place = max(place, extent.upperBound)
        }
        let directory = end.directory
        if place > directory.lowerBound {
            note(.overlap, "an entry reaches into the directory at \(directory.lowerBound)")
        } else {
            // A signer of packages puts a block right before the directory, whatever entry comes last.
            let isSigned = try file.bytes(at: directory.lowerBound - 16, count: 16) == Self.signingMark
            try checkGap(
                place..<directory.lowerBound, isPrefix: extents.isEmpty, isBehindEmpty: isBehindEmpty && !isSigned,
                in: file, note)
        }
    }

    /// What the signing block of an Android package ends with. Source: "APK signature scheme v2" of Android's documentation.
    private static let signingMark = Array("APK Sig Block 42".utf8)

    /// - Parameter isBehindEmpty: whether the entry before the gap claims no data: a reader that goes by the data themselves
    ///   takes what stands there for that entry's.
    private func checkGap(
        _ gap: Range<Int64>, isPrefix: Bool, isBehindEmpty: Bool, in file: FileStretch, _ note: ZipNote
    ) throws(UnpackingError) {
        guard !gap.isEmpty else { return }
        if let place = try file.first(Self.headerMark, in: gap) {
            note(.hiddenEntry, "a local header at \(place), of no entry")
        }
        // A mark of four bytes stands before archives that were meant to be split.
        if isPrefix, gap.upperBound == 4 { return }
        guard try file.firstByteNotZero(in: gap) != nil else { return }
        let kind: ZipProblem.Kind = isPrefix ? .prefix : isBehindEmpty ? .unclaimedData : .gap
        note(kind, "\(gap.count) bytes at \(gap.lowerBound)")
    }
}
