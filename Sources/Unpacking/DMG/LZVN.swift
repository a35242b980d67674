/// LZVN, the byte-oriented LZ77 that Apple uses for short inputs. An opcode has a number of literals (L), the length of
/// a match (M), and its distance or none, which repeats the last one.
enum LZVN {
    private static let endOfStream: UInt8 = 0x06

    /// Decodes until the end mark, or until the output has `target` bytes.
    static func decode(
        _ input: ArraySlice<UInt8>, into output: inout [UInt8], until target: Int
    ) throws(UnpackingError) {
        let base = output.count
        var index = input.startIndex
        var distance = 0
        while output.count < target || index < input.endIndex {
            guard index < input.endIndex else { throw LZFSE.damaged }
            let code = input[index]
            if code == endOfStream { return }
            guard let step = Step(code, input[index...]) else { throw LZFSE.damaged }
            index += step.length
            guard step.literals <= input.endIndex - index, output.count + step.literals <= target else {
                throw LZFSE.damaged
            }
            output += input[index..<index + step.literals]
            index += step.literals
            guard step.match > 0 else { continue }
            distance = step.distance ?? distance
            guard distance <= output.count - base else { throw LZFSE.damaged }
            try output.appendMatch(step.match, distance: distance, until: target)
        }
    }

    /// One opcode.
    private struct Step {
        /// Bytes of the opcode itself.
        var length = 1
        var literals = 0
        var match = 0
        /// Nil repeats the last one.
        var distance: Int?

        /// - Parameter input: from the opcode on. Returns nil for an opcode that is not defined.
        init?(_ code: UInt8, _ input: ArraySlice<UInt8>) {
            func number(_ count: Int) -> Int { Int(input.number(count, at: 1)) }
            switch code {
            case 0x0E, 0x16: return
            case 0xE0: (length, literals) = (2, number(1) + 16)
            case 0xE1...0xEF: literals = Int(code & 15)
            case 0xF0: (length, match) = (2, number(1) + 16)
            case 0xF1...0xFF: match = Int(code & 15)
            case 0xA0...0xBF:
                let rest = number(2)
                (length, literals) = (3, Int(code >> 3 & 3))
                (match, distance) = (Int(code & 7) << 2 | rest & 3, rest >> 2)
                match += 3
            case 0x70...0x7F, 0xD0...0xDF: return nil
            default:
                (literals, match) = (Int(code >> 6), Int(code >> 3 & 7) + 3)
                switch code & 7 {
                case 6:
                    guard literals > 0 else { return nil }
                case 7: (length, distance) = (3, number(2))
                default: (length, distance) = (2, Int(code & 7) << 8 | number(1))
                }
            }
        }
    }
}
