/// The transformation of a stream's bytes before compression (ISO 32000-1, 7.4.4.4).
struct PDFPredictor: Equatable {
    /// 1 is none, 2 is TIFF's, 10 and above are PNG's.
    var kind: Int64 = 1
    var colours: Int64 = 1
    var bits: Int64 = 8
    var columns: Int64 = 1

    var isNone: Bool { kind <= 1 }

    /// Larger values are invalid for every reader.
    private static let maximumColours: Int64 = 32
    private static let maximumColumns: Int64 = 1 << 24

    /// The length of a row and of a pixel in bytes, or nil for invalid parameters.
    private var widths: (row: Int, pixel: Int)? {
        guard (1...Self.maximumColours).contains(colours), [1, 2, 4, 8, 16].contains(bits),
            (1...Self.maximumColumns).contains(columns)
        else { return nil }
        return (Int((colours * bits * columns + 7) / 8), Int(max(1, colours * bits / 8)))
    }

    func decode(_ input: [UInt8]) -> PDFOutput {
        if isNone { return PDFOutput(bytes: input) }
        guard let (row, pixel) = widths else { return PDFOutput(isDamaged: true) }
        return kind == 2 ? decodeTIFF(input, row: row, pixel: pixel) : decodePNG(input, row: row, pixel: pixel)
    }

    private func decodeTIFF(_ input: [UInt8], row: Int, pixel: Int) -> PDFOutput {
        var bytes = input
        // Narrower samples occur in images only.
        guard bits == 8 || bits == 16 else { return PDFOutput(isDamaged: true) }
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + row)
            var index = start + pixel
            while index < end {
                if bits == 8 {
                    bytes[index] &+= bytes[index - pixel]
                    index += 1
                } else {
                    guard index + 1 < end else { break }
                    let left = UInt16(bytes[index - pixel]) << 8 | UInt16(bytes[index - pixel + 1])
                    let sum = (UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])) &+ left
                    bytes[index] = UInt8(sum >> 8)
                    bytes[index + 1] = UInt8(truncatingIfNeeded: sum)
                    index += 2
                }
            }
            start = end
        }
        return PDFOutput(bytes: bytes)
    }

    private func decodePNG(_ input: [UInt8], row: Int, pixel: Int) -> PDFOutput {
        var output = PDFOutput()
        output.bytes.reserveCapacity(input.count)
        var index = 0
        while index < input.count {
            let filter = input[index]
            let start = output.bytes.count
            // The last row may be incomplete.
            let length = min(row, input.count - index - 1)
            guard filter <= 4 else {
                output.isDamaged = true
                return output
            }
            for column in 0..<length {
                let left = column >= pixel ? output.bytes[start + column - pixel] : 0
                let up = start >= row ? output.bytes[start - row + column] : 0
                let corner = column >= pixel && start >= row ? output.bytes[start - row + column - pixel] : 0
                let guess: UInt8 =
                    switch filter {
                    case 1: left
                    case 2: up
                    case 3: UInt8((Int(left) + Int(up)) / 2)
                    case 4: Self.paeth(left, up, corner)
                    default: 0
                    }
                output.bytes.append(input[index + 1 + column] &+ guess)
            }
            index += 1 + length
        }
        return output
    }

    /// Returns the one of the three that is nearest to left + up - corner (PNG, 9.4).
    private static func paeth(_ left: UInt8, _ up: UInt8, _ corner: UInt8) -> UInt8 {
        let estimate = Int(left) + Int(up) - Int(corner)
        let (a, b, c) = (abs(estimate - Int(left)), abs(estimate - Int(up)), abs(estimate - Int(corner)))
        return a <= b && a <= c ? left : b <= c ? up : corner
    }
}
