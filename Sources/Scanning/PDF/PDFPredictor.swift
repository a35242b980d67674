/// What was done to a stream's bytes before they were packed (ISO 32000-1, 7.4.4.4).
struct PDFPredictor: Equatable {
    /// 1 is none, 2 is TIFF's, 10 and more are PNG's.
    var kind: Int64 = 1
    var colours: Int64 = 1
    var bits: Int64 = 8
    var columns: Int64 = 1

    var isNone: Bool { kind <= 1 }

    /// Beyond these, no reader goes on.
    private static let mostColours: Int64 = 32
    private static let mostColumns: Int64 = 1 << 24

    /// Bytes of a row and of a sample's place; nil where the numbers make none.
    private var widths: (row: Int, pixel: Int)? {
        guard (1...Self.mostColours).contains(colours), [1, 2, 4, 8, 16].contains(bits),
            (1...Self.mostColumns).contains(columns)
        else { return nil }
        return (Int((colours * bits * columns + 7) / 8), Int(max(1, colours * bits / 8)))
    }

    func undo(_ input: [UInt8]) -> PDFOutput {
        if isNone { return PDFOutput(bytes: input) }
        guard let (row, pixel) = widths else { return PDFOutput(isDamaged: true) }
        return kind == 2 ? undoTIFF(input, row: row, pixel: pixel) : undoPNG(input, row: row, pixel: pixel)
    }

    private func undoTIFF(_ input: [UInt8], row: Int, pixel: Int) -> PDFOutput {
        var bytes = input
        // Of narrower samples nobody makes rows other than pictures.
        guard bits == 8 || bits == 16 else { return PDFOutput(isDamaged: true) }
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + row)
            var place = start + pixel
            while place < end {
                if bits == 8 {
                    bytes[place] &+= bytes[place - pixel]
                    place += 1
                } else {
                    guard place + 1 < end else { break }
                    let left = UInt16(bytes[place - pixel]) << 8 | UInt16(bytes[place - pixel + 1])
                    let sum = (UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1])) &+ left
                    bytes[place] = UInt8(sum >> 8)
                    bytes[place + 1] = UInt8(truncatingIfNeeded: sum)
                    place += 2
                }
            }
            start = end
        }
        return PDFOutput(bytes: bytes)
    }

    private func undoPNG(_ input: [UInt8], row: Int, pixel: Int) -> PDFOutput {
        var output = PDFOutput()
        output.bytes.reserveCapacity(input.count)
        var place = 0
        while place < input.count {
            let filter = input[place]
            let start = output.bytes.count
            // The last row may be short.
            let length = min(row, input.count - place - 1)
            guard filter <= 4 else {
                output.isDamaged = true
                return output
            }
            for index in 0..<length {
                let left = index >= pixel ? output.bytes[start + index - pixel] : 0
                let up = start >= row ? output.bytes[start - row + index] : 0
                let corner = index >= pixel && start >= row ? output.bytes[start - row + index - pixel] : 0
                let guess: UInt8 =
                    switch filter {
                    case 1: left
                    case 2: up
                    case 3: UInt8((Int(left) + Int(up)) / 2)
                    case 4: Self.paeth(left, up, corner)
                    default: 0
                    }
                output.bytes.append(input[place + 1 + index] &+ guess)
            }
            place += 1 + length
        }
        return output
    }

    /// PNG, 9.4: of the three the one that is nearest to left + up - corner.
    private static func paeth(_ left: UInt8, _ up: UInt8, _ corner: UInt8) -> UInt8 {
        let estimate = Int(left) + Int(up) - Int(corner)
        let (a, b, c) = (abs(estimate - Int(left)), abs(estimate - Int(up)), abs(estimate - Int(corner)))
        return a <= b && a <= c ? left : b <= c ? up : corner
    }
}
