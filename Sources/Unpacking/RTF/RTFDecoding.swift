/// One way in which a reader decodes the bytes of a group of RTF.
struct RTFDecoding: Hashable {
    /// Whether the digits of groups within it count.
    var takesNested = false
    /// Whether `\'` drops half a byte that stands before it.
    var quoteDropsHalf = false
    /// Whether a control word ends after 250 letters.
    var cutsLongWords = false
    /// Whether the first digit is passed over.
    var isShifted = false

    private static let blockLength = 1 << 16

    /// Decodes a group from its start to its end, piece by piece.
    ///
    /// - Parameter take: gets the next bytes, and returns false when it has enough.
    /// - Returns: the number of bytes of the text that were read.
    func decode(
        _ layer: FileSlice, from start: Int64, _ take: ([UInt8]) throws(UnpackingError) -> Bool
    ) throws(UnpackingError) -> Int64 {
        var scanner = RTFScanner(layer, from: start, cutsLongWords: cutsLongWords)
        var (depth, half, bytes) = (0, UInt8?.none, [UInt8]())
        var isFirst = isShifted
        while let token = try scanner.next() {
            switch token {
            case .open: depth += 1
            case .close: depth -= 1
            case .digit(let digit) where depth == 0 || takesNested:
                if isFirst {
                    isFirst = false
                } else if let high = half {
                    bytes.append(high << 4 | digit)
                    half = nil
                } else {
                    half = digit
                }
            case .quote where quoteDropsHalf: half = nil
            case .raw(let range) where depth == 0 || takesNested:
                if !bytes.isEmpty, try !take(bytes) { return scanner.position - start }
                bytes.removeAll(keepingCapacity: true)
                var offset = range.lowerBound
                while offset < range.upperBound {
                    let count = Int(min(Int64(Self.blockLength), range.upperBound - offset))
                    let block = try layer.bytes(at: offset, count: count)
                    guard !block.isEmpty, try take(block) else { return scanner.position - start }
                    offset += Int64(block.count)
                }
            default: break
            }
            if depth < 0 { break }
            if bytes.count >= Self.blockLength {
                guard try take(bytes) else { return scanner.position - start }
                bytes.removeAll(keepingCapacity: true)
            }
        }
        if !bytes.isEmpty { _ = try take(bytes) }
        return scanner.position - start
    }

    /// Returns decoded bytes from an offset on, at most `count`, and the number of bytes of the text that were read.
    func bytes(
        _ layer: FileSlice, from start: Int64, at offset: Int64, count: Int
    ) throws(UnpackingError) -> (bytes: [UInt8], read: Int64) {
        var (found, passed) = ([UInt8](), Int64(0))
        let read = try decode(layer, from: start) { bytes throws(UnpackingError) in
            let skipped = Int(min(Int64(bytes.count), max(0, offset - passed)))
            passed += Int64(bytes.count)
            found += bytes.dropFirst(skipped).prefix(count - found.count)
            return found.count < count
        }
        return (found, read)
    }
}
