/// Where a compressed stream may begin within bytes of any other kind: the two bytes that it begins with, and as much
/// of what has to follow them as costs no decoding.
enum StreamMarks {
    /// How many bytes from a mark on decide.
    static let reach = 64

    private static let forms: [ContainerForm] = [.zlib, .gzip, .bzip2, .xz, .zstd, .lzma, .lzip, .compress]

    /// The pairs that the forms begin with, each with the number of its form from 1 on.
    private static let pairs: BytePairs = {
        var pairs = BytePairs()
        let heads: [(UInt8, UInt8)] = [
            (0x1F, 0x8B), (0x42, 0x5A), (0xFD, 0x37), (0x28, 0xB5), (0x5D, 0), (0x4C, 0x5A), (0x1F, 0x9D),
        ]
        for (index, head) in heads.enumerated() { pairs[head.0, head.1] = UInt8(index + 2) }
        // A window of up to 32 KiB, no dictionary, and a check of both bytes (RFC 1950, 2.2).
        for first in stride(from: 0x08, through: 0x78, by: 0x10) {
            for second in 0..<256 where second & 0x20 == 0 && (first << 8 | second) % 31 == 0 {
                pairs[UInt8(first), UInt8(second)] = 1
            }
        }
        return pairs
    }()

    /// Returns the first mark in a block from an index on.
    ///
    /// - Parameter end: the index at which marks stop to count.
    static func first(in block: [UInt8], from start: Int, before end: Int) -> (index: Int, form: ContainerForm)? {
        let pairs = pairs
        return unsafe block.withUnsafeBufferPointer { bytes in
            var start = start
            while let (index, number) = unsafe pairs.next(in: bytes, from: start, before: end) {
                let form = forms[Int(number) - 1]
                if unsafe isPlausible(form, bytes, index) { return (index, form) }
                start = index + 1
            }
            return nil
        }
    }

    private static func isPlausible(_ form: ContainerForm, _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        func byte(_ offset: Int) -> UInt8 { index + offset < bytes.count ? unsafe bytes[index + offset] : 0 }
        func has(_ mark: [UInt8], at offset: Int) -> Bool {
            mark.indices.allSatisfy { byte(offset + $0) == mark[$0] }
        }
        switch form {
        case .zlib: return isBlock { byte(2 + $0) }
        case .gzip: return byte(2) == 8 && byte(3) & 0xE0 == 0
        case .bzip2:
            return byte(2) == 0x68 && (0x31...0x39).contains(byte(3))
                && has([0x31, 0x41, 0x59, 0x26, 0x53, 0x59], at: 4)
        case .xz: return has([0x7A, 0x58, 0x5A, 0, 0], at: 2)
        case .zstd: return has([0x2F, 0xFD], at: 2)
        case .lzma:
            let head = FileStart(bytes: (0..<14).map(byte))
            return head.isLZMA && head.hasCommonDictionary && head.hasCommonLZMASize && head.number(4, at: 1) >= 4096
        // A version, and the code of a dictionary of 4 KiB to 512 MiB (lzip manual, "File format").
        case .lzip: return has([0x49, 0x50, 1], at: 2) && (12...29).contains(byte(5) & 0x1F)
        // Reserved flags are zero, and the longest code has 9 to 16 bits.
        case .compress: return byte(2) & 0x60 == 0 && (9...16).contains(byte(2) & 0x1F)
        default: return false
        }
    }

    /// Whether the first block of Deflate data can be one (RFC 1951, 3.2): a stored one repeats its length inverted,
    /// and the lengths of a code's code make a complete code. Hardly any pair of bytes in a program is followed by
    /// one.
    private static func isBlock(_ byte: (Int) -> UInt8) -> Bool {
        let first = byte(0)
        switch first >> 1 & 3 {
        case 0: return byte(1) ^ byte(3) == 0xFF && byte(2) ^ byte(4) == 0xFF
        case 1: return true
        case 2:
            guard first >> 3 < 30, byte(1) & 31 < 30 else { return false }
            let count = Int(byte(1) >> 5 | (byte(2) & 1) << 3) + 4
            var sum = 0
            for index in 0..<count {
                let bit = 17 + 3 * index
                let pair = UInt16(byte(bit >> 3)) | UInt16(byte(bit >> 3 + 1)) << 8
                let length = Int(pair >> UInt16(bit & 7) & 7)
                if length > 0 { sum += 1 << (7 - length) }
            }
            return sum == 1 << 7
        default: return false
        }
    }
}
