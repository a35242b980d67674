import Glibc

/// Some consecutive bytes of an object.
struct Chunk {
    /// The offset of its first byte in the object.
    let start: Int64
    let bytes: [UInt8]

    var end: Int64 { start + Int64(bytes.count) }

    func byte(at index: Int) -> UInt8? { bytes.indices.contains(index) ? bytes[index] : nil }

    /// Returns a little-endian number, or nil beyond the end.
    func number<Number: FixedWidthInteger & UnsignedInteger>(at index: Int, as: Number.Type) -> Number? {
        let width = Number.bitWidth / 8
        guard index >= 0, index + width <= bytes.count else { return nil }
        var number: Number = 0
        for offset in (0..<width).reversed() { number = number << 8 | Number(bytes[index + offset]) }
        return number
    }

    /// Returns the index of the first occurrence within a range of the chunk, or nil.
    func first(_ pattern: String, from: Int, to: Int) -> Int? { first(Array(pattern.utf8), from: from, to: to) }

    func first(_ pattern: [UInt8], from: Int, to: Int) -> Int? {
        guard let head = pattern.first else { return nil }
        // The last index at which the whole pattern fits.
        let last = min(to, bytes.count) - pattern.count
        return unsafe bytes.withUnsafeBytes { all in
            guard let base = all.baseAddress else { return nil }
            var at = max(0, from)
            while at <= last {
                guard let found = unsafe memchr(base + at, CInt(head), last - at + 1) else { return nil }
                at = unsafe UnsafeRawPointer(found) - base
                if unsafe memcmp(base + at, pattern, pattern.count) == 0 { return at }
                at += 1
            }
            return nil
        }
    }

    /// Returns the bytes before the first occurrence of a pattern, or all bytes without one.
    func prefix(before pattern: String) -> Chunk {
        guard let end = first(pattern, from: 0, to: bytes.count) else { return self }
        return Chunk(start: start, bytes: Array(bytes[..<end]))
    }

    /// Returns the indices of all occurrences.
    func all(_ pattern: String) -> [Int] {
        let pattern = Array(pattern.utf8)
        var found: [Int] = []
        var from = 0
        while let next = first(pattern, from: from, to: bytes.count) {
            found.append(next)
            from = next + 1
        }
        return found
    }

    /// Whether the bytes at an index are this lower-case text, ignoring case.
    func matches(_ text: String, at index: Int) -> Bool {
        let text = Array(text.utf8)
        guard index >= 0, index + text.count <= bytes.count else { return false }
        return text.indices.allSatisfy { lower(bytes[index + $0]) == text[$0] }
    }

    /// The same bytes with the letters A to Z in lower case.
    var lowercased: Chunk { Chunk(start: start, bytes: bytes.map(lower)) }

    private func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
