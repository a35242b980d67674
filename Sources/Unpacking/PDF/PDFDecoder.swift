/// The output of a filter.
struct PDFOutput: Equatable {
    var bytes: [UInt8] = []
    /// Whether the input was invalid. The output ends there.
    var isDamaged = false
    /// Whether the output was cut at the limit.
    var hitLimit = false
}

/// Decoders of the PDF filters. Each stops at `limit` bytes of output.
enum PDFDecoder {
    /// - Parameter countsOthers: whether bytes that are no digits and no white space of C, zeros among them, count as
    ///   the digit 0.
    static func hex(_ input: [UInt8], countsOthers: Bool = false, limit: Int) -> PDFOutput {
        var output = PDFOutput()
        var half: UInt8?
        for byte in input {
            if byte == UInt8(ascii: ">") { break }
            if PDFText.isSpace(byte), !countsOthers || byte != 0 { continue }
            guard let digit = PDFText.hex(byte) ?? (countsOthers ? 0 : nil) else {
                output.isDamaged = true
                break
            }
            guard let high = half else {
                half = digit
                continue
            }
            guard output.add(high << 4 | digit, limit) else { return output }
            half = nil
        }
        if let half { _ = output.add(half << 4, limit) }
        return output
    }

    static func base85(_ input: [UInt8], limit: Int) -> PDFOutput {
        var output = PDFOutput()
        var (group, count): (UInt32, Int) = (0, 0)
        // A `<~` prefix is allowed.
        var start = input.firstIndex { !PDFText.isSpace($0) } ?? input.count
        if input[start...].starts(with: [UInt8(ascii: "<"), UInt8(ascii: "~")]) { start += 2 }
        for byte in input[start...] {
            if byte == UInt8(ascii: "~") { break }
            if PDFText.isSpace(byte) { continue }
            if byte == UInt8(ascii: "z"), count == 0 {
                for _ in 0..<4 where !output.add(0, limit) { return output }
                continue
            }
            guard (0x21...0x75).contains(byte) else {
                output.isDamaged = true
                break
            }
            group = group &* 85 &+ UInt32(byte - 0x21)
            count += 1
            guard count == 5 else { continue }
            for shift in [24, 16, 8, 0] as [UInt32] where !output.add(UInt8(truncatingIfNeeded: group >> shift), limit)
            {
                return output
            }
            (group, count) = (0, 0)
        }
        guard count > 1 else { return output }
        for _ in count..<5 { group = group &* 85 &+ 84 }
        for number in 0..<(count - 1) {
            guard output.add(UInt8(truncatingIfNeeded: group >> UInt32(24 - 8 * number)), limit) else { break }
        }
        return output
    }

    static func runLength(_ input: [UInt8], limit: Int) -> PDFOutput {
        var output = PDFOutput()
        var index = 0
        while index < input.count, input[index] != 128 {
            let length = Int(input[index])
            index += 1
            if length < 128 {
                let end = min(input.count, index + length + 1)
                output.isDamaged = end < index + length + 1
                for byte in input[index..<end] where !output.add(byte, limit) { return output }
                index = end
            } else {
                guard index < input.count else {
                    output.isDamaged = true
                    break
                }
                for _ in 0..<(257 - length) where !output.add(input[index], limit) { return output }
                index += 1
            }
        }
        return output
    }

    /// - Parameter isEarly: the parameter EarlyChange: whether the code width grows one code early. True by default.
    static func lzw(_ input: [UInt8], isEarly: Bool, limit: Int) -> PDFOutput {
        var output = PDFOutput()
        // Each entry is the string of another entry, plus one byte.
        var prefixes = [Int](repeating: -1, count: 4096)
        var lasts = [UInt8](repeating: 0, count: 4096)
        var lengths = [Int](repeating: 0, count: 4096)
        for code in 0..<256 { (lasts[code], lengths[code]) = (UInt8(code), 1) }
        var (next, width, previous) = (258, 9, -1)
        var (buffer, bits): (UInt32, Int) = (0, 0)
        for byte in input {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            guard bits >= width else { continue }
            bits -= width
            let code = Int(buffer >> UInt32(bits)) & (1 << width - 1)
            if code == 257 { return output }
            if code == 256 {
                (next, width, previous) = (258, 9, -1)
                continue
            }
            guard previous >= 0 ? code < next || code == next && next < 4096 : code < 256 else {
                output.isDamaged = true
                return output
            }
            let string = code < next ? code : previous
            let start = output.bytes.count
            let length = lengths[string]
            guard start + length + 1 <= limit else {
                output.hitLimit = true
                return output
            }
            output.bytes.append(contentsOf: repeatElement(0, count: length))
            var (link, index) = (string, start + length - 1)
            while link >= 0, index >= start {
                output.bytes[index] = lasts[link]
                link = prefixes[link]
                index -= 1
            }
            let first = output.bytes[start]
            if code == next, previous >= 0 { output.bytes.append(first) }
            if previous >= 0, next < 4096 {
                prefixes[next] = previous
                lasts[next] = first
                lengths[next] = lengths[previous] + 1
                next += 1
            }
            previous = code
            let edge = next + (isEarly ? 1 : 0)
            width = edge >= 2048 ? 12 : edge >= 1024 ? 11 : edge >= 512 ? 10 : 9
        }
        return output
    }

    static func flate(_ input: [UInt8], limit: Int) -> PDFOutput {
        var output = PDFOutput()
        do throws(UnpackingError) {
            let end = try PDFInflater.inflate(reading: { offset throws(UnpackingError) in
                Array(input[min(Int(offset), input.count)..<min(Int(offset) + 1 << 16, input.count)])
            }) { bytes throws(UnpackingError) in
                let taken = min(bytes.count, limit - output.bytes.count)
                output.bytes.append(contentsOf: bytes.prefix(taken))
                output.hitLimit = taken < bytes.count
                return !output.hitLimit
            }
            output.isDamaged = end == .damaged
        } catch {
            output.isDamaged = true
        }
        return output
    }
}

extension PDFOutput {
    fileprivate mutating func add(_ byte: UInt8, _ limit: Int) -> Bool {
        guard bytes.count < limit else {
            hitLimit = true
            return false
        }
        bytes.append(byte)
        return true
    }
}
