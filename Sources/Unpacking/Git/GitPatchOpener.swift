/// The files in binary patches of Git (git-diff(1), `--binary`): lines of Base85, each behind a letter for its
/// length, hold a zlib stream. A `literal` is a file; a `delta` is what is to be put into another one.
package struct GitPatchOpener: LayerOpener {
    static let mark = "GIT binary patch"
    private static let maximumParts = 100_000
    private static let digits = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~".utf8)
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()

    private let layer: FileSlice
    private var lines: TextLines
    private var count = 0
    private var start: Int64 = 0

    /// - Parameter layer: from the first mark on.
    package init(_ layer: FileSlice) {
        self.layer = layer
        lines = TextLines(layer, in: 0..<layer.size)
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        while let line = try lines.next() {
            guard line.isStart, line.has("literal ") || line.has("delta ") else { continue }
            count += 1
            guard count <= Self.maximumParts else { throw UnpackingError(.tooLarge, "more than \(count) patches") }
            start = line.next
            return LayerPart("patch \(count)", use: line.has("delta ") ? .working : .file)
        }
        return nil
    }

    /// The lines up to an empty one. Damage is the end.
    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        var patch = TextLines(layer, in: start..<layer.size)
        var stream = try ZlibStream(.zlib)
        var writer = ScratchWriter(file, limit: limit)
        _ = try stream.run(
            from: 0,
            reading: { _ throws(UnpackingError) in
                guard let line = try patch.next(), line.isStart else { return [] }
                return Self.decode(line.bytes)
            },
            writing: { bytes throws(UnpackingError) in
                try writer.append(bytes)
                return true
            })
        return try writer.finish()
    }

    /// The bytes of one line: a letter for their number, from `A` for 1 to `z` for 52, then five digits for each four.
    private static func decode(_ line: [UInt8]) -> [UInt8] {
        guard let letter = line.first else { return [] }
        let count: Int
        switch letter {
        case 0x41...0x5A: count = Int(letter) - 0x40
        case 0x61...0x7A: count = Int(letter) - 0x60 + 26
        default: return []
        }
        var bytes: [UInt8] = []
        for group in stride(from: 1, to: line.count - 4, by: 5) {
            var number: UInt64 = 0
            for digit in line[group..<group + 5] {
                guard values[Int(digit)] < 85 else { return [] }
                number = number * 85 + UInt64(values[Int(digit)])
            }
            bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
        }
        return Array(bytes.prefix(count))
    }

    package var unaccounted: [Range<Int64>] { [] }
}
