/// Apple Data Compression, a byte-oriented LZ77 of the first UDIF images. A byte says what follows:
///
/// | byte | meaning |
/// |---|---|
/// | `1nnnnnnn` | `n + 1` bytes as they are |
/// | `01nnnnnn`, two bytes of distance | a match of `n + 4` bytes |
/// | `00nnnndd`, one byte of distance | a match of `n + 3` bytes |
enum ADC {
    /// - Parameter size: the number of unpacked bytes.
    /// - Throws: `.malformed` if the packed bytes give another number.
    static func decode(_ packed: [UInt8], size: Int) throws(UnpackingError) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(size)
        var index = 0
        while index < packed.count, output.count < size {
            let control = Int(packed[index])
            if control & 0x80 != 0 {
                let count = control & 0x7F + 1
                guard index + 1 + count <= packed.count, output.count + count <= size else { throw damaged }
                output += packed[index + 1..<index + 1 + count]
                index += 1 + count
                continue
            }
            let isLong = control & 0x40 != 0
            let (count, distance): (Int, Int)
            if isLong {
                guard index + 3 <= packed.count else { throw damaged }
                (count, distance) = (control & 0x3F + 4, Int(packed[index + 1]) << 8 | Int(packed[index + 2]))
            } else {
                guard index + 2 <= packed.count else { throw damaged }
                (count, distance) = (control >> 2 & 0xF + 3, control & 3 << 8 | Int(packed[index + 1]))
            }
            index += isLong ? 3 : 2
            guard distance < output.count, output.count + count <= size else { throw damaged }
            // A match may overlap what it writes.
            for _ in 0..<count { output.append(output[output.count - distance - 1]) }
        }
        guard output.count == size else { throw damaged }
        return output
    }

    private static var damaged: UnpackingError { UnpackingError(.malformed, "a damaged ADC block") }
}
