/// The bytes that Intel HEX (Intel, "Hexadecimal Object File Format", 1988) or S-records (Motorola) encode. Each run of
/// records whose addresses follow one another is a part. Runs that are not in the order of their addresses are a part
/// together as well, in that order.
package struct HexRecordsOpener: LayerOpener {
    private static let maximumParts = 10_000
    /// The longest gap between two runs that a reader fills, and the most bytes of a part with gaps.
    private static let (longestGap, longestImage): (UInt64, UInt64) = (64 << 10, 256 << 20)

    /// Records that follow one another in the layer and by their addresses.
    private struct Run {
        var range: Range<Int64>
        var addresses: Range<UInt64>
    }

    private let layer: FileSlice
    private var runs: [Run] = []
    /// For each image: its addresses, and the numbers of its runs in the layer's order.
    private var images: [(addresses: Range<UInt64>, runs: [Int])] = []
    /// The numbers of the runs in images: they may be pieces of a file.
    private var pieces: Set<Int> = []
    private var isCut = false
    private var index = -1

    /// Whether a layer begins with a valid record, behind blanks.
    static func isRecord(_ head: FileStart) -> Bool { HexRecord.read(head.bytes.drop { $0 <= 0x20 }) != nil }

    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        var records = HexRecords(layer, in: 0..<layer.size)
        var base: UInt64 = 0
        while let (record, range) = try records.next(), !isCut {
            if let newBase = record.base { base = newBase }
            guard let data = record.data, !data.isEmpty else { continue }
            let addresses = base + record.address..<base + record.address + UInt64(data.count)
            if let last = runs.last, last.addresses.upperBound == addresses.lowerBound {
                runs[runs.count - 1].range = last.range.lowerBound..<range.upperBound
                runs[runs.count - 1].addresses = last.addresses.lowerBound..<addresses.upperBound
            } else {
                isCut = runs.count == Self.maximumParts
                if !isCut { runs.append(Run(range: range, addresses: addresses)) }
            }
        }
        joinRuns()
    }

    /// Finds the images: of several runs that touch, overlap or have short gaps between them.
    private mutating func joinRuns() {
        for number in runs.indices.sorted(by: { runs[$0].addresses.lowerBound < runs[$1].addresses.lowerBound }) {
            let addresses = runs[number].addresses
            if let last = images.last, addresses.lowerBound <= last.addresses.upperBound + Self.longestGap,
                addresses.upperBound - last.addresses.lowerBound <= Self.longestImage
            {
                let end = max(last.addresses.upperBound, addresses.upperBound)
                images[images.count - 1].addresses = last.addresses.lowerBound..<end
                images[images.count - 1].runs.append(number)
            } else {
                images.append((addresses, [number]))
            }
        }
        images = images.filter { $0.runs.count > 1 }.map { ($0.addresses, $0.runs.sorted()) }
        pieces = Set(images.flatMap(\.runs))
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        index += 1
        if index < runs.count {
            let name = Array("records from \(runs[index].range.lowerBound) on".utf8)
            return LayerPart(name: name, isGuess: pieces.contains(index))
        }
        guard index < runs.count + images.count else {
            if isCut { throw UnpackingError(.tooLarge, "more than \(Self.maximumParts) runs of records") }
            return nil
        }
        let addresses = images[index - runs.count].addresses
        return LayerPart("addresses \(addresses.lowerBound) to \(addresses.upperBound)", size: Int64(addresses.count))
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        if runs.indices.contains(index) {
            var writer = ScratchWriter(file, limit: limit)
            try unpack(runs[index]) { data, _ throws(UnpackingError) in try writer.append(data) }
            return try writer.finish()
        }
        guard images.indices.contains(index - runs.count) else { return 0 }
        let image = images[index - runs.count]
        guard Int64(image.addresses.count) <= limit else {
            throw UnpackingError(.tooLarge, "\(image.addresses.count) bytes")
        }
        // Gaps are zeros. Of runs that overlap, the last one holds.
        for run in image.runs {
            let start = Int64(runs[run].addresses.lowerBound - image.addresses.lowerBound)
            try unpack(runs[run]) { data, offset throws(UnpackingError) in
                try writeScratch(data[...], to: file, at: start + offset)
            }
        }
        return Int64(image.addresses.count)
    }

    /// Hands out the data of a run's records, each with its offset in the run.
    private func unpack(
        _ run: Run, _ write: ([UInt8], Int64) throws(UnpackingError) -> Void
    ) throws(UnpackingError) {
        var (records, offset) = (HexRecords(layer, in: run.range), Int64(0))
        while let found = try records.next() {
            guard let data = found.record.data else { continue }
            try write(data, offset)
            offset += Int64(data.count)
        }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
