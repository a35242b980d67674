/// LZW as PDF has it (ISO 32000-1, 7.4.4).
package enum LZWEncoder {
    /// An LZW encoder that clears its table when it is full.
    package static func encode(_ bytes: [UInt8], isEarly: Bool) -> [UInt8] {
        var (output, buffer, bits): ([UInt8], UInt64, Int) = ([], 0, 0)
        var (table, next, width): ([[UInt8]: Int], Int, Int) = ([:], 258, 9)
        func emit(_ code: Int) {
            buffer = buffer << UInt64(width) | UInt64(code)
            bits += width
            while bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: buffer >> UInt64(bits)))
            }
        }
        func code(_ string: [UInt8]) -> Int { string.count == 1 ? Int(string[0]) : table[string]! }
        emit(256)
        var string: [UInt8] = []
        for byte in bytes {
            if string.isEmpty || table[string + [byte]] != nil {
                string.append(byte)
                continue
            }
            emit(code(string))
            table[string + [byte]] = next
            next += 1
            // The decoder's table is one entry behind.
            let edge = next - 1 + (isEarly ? 1 : 0)
            width = edge >= 2048 ? 12 : edge >= 1024 ? 11 : edge >= 512 ? 10 : 9
            if next == 4094 {
                emit(256)
                (table, next, width) = ([:], 258, 9)
            }
            string = [byte]
        }
        emit(code(string))
        let edge = next + (isEarly ? 1 : 0)
        width = edge >= 2048 ? 12 : edge >= 1024 ? 11 : edge >= 512 ? 10 : 9
        emit(257)
        if bits > 0 { output.append(UInt8(truncatingIfNeeded: buffer << UInt64(8 - bits))) }
        return output
    }
}
