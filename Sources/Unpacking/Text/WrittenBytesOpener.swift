/// The files that a text has as digits or behind escapes (`WrittenBytes`).
package struct WrittenBytesOpener: LayerOpener {
    private static let blockLength = 1 << 16
    /// A run of fewer bytes may be the first bytes of a file, as manuals and logs show them.
    private static let longestQuote = 16 << 10
    /// The most characters of those.
    private static let quoteReach = 128 << 10
    private static let maximumOverlaps = 16

    private var runs: WrittenBytes
    private var current: WrittenBytes.Run?
    /// Where the last run begins and ends. What begins within it is a part of what it decodes to.
    private var last: Range<Int64> = 0..<0
    private var number = 0
    private var (decryptedEnd, overlaps) = (Int64(0), 0)

    package init(_ layer: FileSlice) throws(UnpackingError) { runs = try WrittenBytes(layer) }

    package var unaccounted: [Range<Int64>] { [] }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        while let run = try runs.next() {
            if run.kind == .eexec, run.start < decryptedEnd {
                // In bytes as they are, what is decrypted has no end of its own: it holds what follows as well.
                overlaps += 1
                guard overlaps <= Self.maximumOverlaps else { continue }
            }
            guard run.start >= last.upperBound || run.start == last.lowerBound else { continue }
            current = run
            number += 1
            return LayerPart(name: Array("written bytes \(number)".utf8), isGuess: true, use: try use(of: run))
        }
        return nil
    }

    private func use(of run: WrittenBytes.Run) throws(UnpackingError) -> LayerPart.Use {
        switch run.kind {
        case .registry, .eexec: return .working
        case .ascii85: return .file
        case .digits, .dump, .string, .copied: break
        }
        let text = try runs.layer.bytes(at: run.start, count: Self.quoteReach)
        var decoder = WrittenByteDecoder(run.kind)
        for byte in text where !decoder.isAtEnd { decoder.add(byte) }
        let decoded = decoder.take(isLast: true)
        let forms = ContainerForm.forms(startingWith: decoded)
        if forms == [.zip] || !forms.isEmpty && forms.allSatisfy(\.isInspectedWhereCut) { return .quote }
        return decoded.count < Self.longestQuote ? .quote : .file
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard let current else { return 0 }
        var writer = ScratchWriter(file, limit: limit)
        if current.kind == .registry {
            var values = RegistryValues(runs.layer, from: current.start)
            while let value = try values.next() {
                try writer.append(value)
                try writer.append(0x0A)
            }
            return try writer.finish()
        }
        var (decoder, position) = (WrittenByteDecoder(current.kind), current.start)
        while !decoder.isAtEnd {
            let block = try runs.layer.bytes(at: position, count: Self.blockLength)
            for byte in block where !decoder.isAtEnd {
                decoder.add(byte)
                position += 1
            }
            try writer.append(decoder.take(isLast: decoder.isAtEnd || block.isEmpty))
            if block.isEmpty { break }
        }
        if current.kind == .eexec { decryptedEnd = position } else { last = current.start..<position }
        return try writer.finish()
    }
}
