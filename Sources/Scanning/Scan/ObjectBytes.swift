import Glibc
import Support

/// An object's bytes, read piece by piece.
struct ObjectBytes {
    let size: Int64
    /// Up to so many bytes from an offset on; fewer at the end, none where they cannot be read.
    let read: (_ offset: Int64, _ count: Int) -> [UInt8]

    init(size: Int64, read: @escaping (_ offset: Int64, _ count: Int) -> [UInt8]) {
        self.size = size
        self.read = read
    }

    /// - Parameter descriptor: of a regular file; its offset is left alone.
    init(descriptor: CInt, size: Int64) {
        self.init(size: size) { offset, count in
            var bytes = [UInt8](repeating: 0, count: count)
            let done = unsafe bytes.withUnsafeMutableBytes { unsafe readAt(descriptor, offset: offset, into: $0) }
            bytes.removeLast(count - max(0, done))
            return bytes
        }
    }

    func window(at start: Int64, _ count: Int) -> Window {
        guard start >= 0, start < size else { return Window(start: min(max(0, start), size), bytes: []) }
        return Window(start: start, bytes: read(start, Int(min(Int64(count), size - start))))
    }
}

/// A piece of an object.
struct Window {
    /// Of its first byte, in the object.
    let start: Int64
    let bytes: [UInt8]

    var end: Int64 { start + Int64(bytes.count) }

    func byte(at index: Int) -> UInt8? { bytes.indices.contains(index) ? bytes[index] : nil }

    /// A number, its least byte first.
    func number<Number: FixedWidthInteger & UnsignedInteger>(at index: Int, as: Number.Type) -> Number? {
        let width = Number.bitWidth / 8
        guard index >= 0, index + width <= bytes.count else { return nil }
        var number: Number = 0
        for offset in (0..<width).reversed() { number = number << 8 | Number(bytes[index + offset]) }
        return number
    }

    /// Where these bytes stand first, within a range of the window.
    func first(_ mark: String, from: Int, to: Int) -> Int? { first(Array(mark.utf8), from: from, to: to) }

    func first(_ mark: [UInt8], from: Int, to: Int) -> Int? {
        guard let head = mark.first else { return nil }
        // The last place where the whole mark fits.
        let last = min(to, bytes.count) - mark.count
        return unsafe bytes.withUnsafeBytes { all in
            guard let base = all.baseAddress else { return nil }
            var at = max(0, from)
            while at <= last {
                guard let found = unsafe memchr(base + at, CInt(head), last - at + 1) else { return nil }
                at = unsafe UnsafeRawPointer(found) - base
                if unsafe memcmp(base + at, mark, mark.count) == 0 { return at }
                at += 1
            }
            return nil
        }
    }

    /// What stands before a mark; all of it where there is none.
    func prefix(before mark: String) -> Window {
        guard let end = first(mark, from: 0, to: bytes.count) else { return self }
        return Window(start: start, bytes: Array(bytes[..<end]))
    }

    /// Everywhere that these bytes stand.
    func all(_ mark: String) -> [Int] {
        let mark = Array(mark.utf8)
        var found: [Int] = []
        var from = 0
        while let next = first(mark, from: from, to: bytes.count) {
            found.append(next)
            from = next + 1
        }
        return found
    }

    /// Whether a text of small letters stands there, in letters of either case.
    func says(_ text: String, at index: Int) -> Bool {
        let text = Array(text.utf8)
        guard index >= 0, index + text.count <= bytes.count else { return false }
        return text.indices.allSatisfy { small(bytes[index + $0]) == text[$0] }
    }

    /// The same, with the letters A to Z made small.
    var inSmallLetters: Window { Window(start: start, bytes: bytes.map(small)) }

    private func small(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
