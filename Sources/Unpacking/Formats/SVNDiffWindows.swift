/// The windows of a stream of svndiff (Subversion, `notes/svndiff`): each makes a stretch of a text from instructions
/// and new data. Both are packed, by zlib in version 1 and by LZ4 in version 2, if that makes them shorter.
struct SVNDiffWindows {
    /// Subversion's own limit is 100 KiB.
    private static let longestWindow = 1 << 20
    private static let longestHead = 50

    private let layer: FileSlice
    private let start: Int64
    private let version: UInt8
    private let end: [UInt8]

    /// - Parameters:
    ///   - start: of the first window.
    ///   - end: the bytes behind the last one.
    init(_ layer: FileSlice, from start: Int64, version: UInt8, end: [UInt8]) {
        (self.layer, self.start, self.version, self.end) = (layer, start, version, end)
    }

    private struct Window {
        let sourceLength: Int
        let targetLength: Int
        let instructions: Range<Int64>
        let newData: Range<Int64>
    }

    /// Returns the window at an offset, or nil behind the last one.
    ///
    /// - Throws: `.malformed`, `.truncated`.
    private func window(at offset: Int64) throws(UnpackingError) -> Window? {
        let head = try layer.bytes(at: offset, count: Self.longestHead)
        if head.isEmpty || head.starts(with: end) { return nil }
        var numbers = SVNDiffNumbers(head[...])
        _ = try numbers.next()
        let source = try numbers.next(), target = try numbers.next(upTo: Self.longestWindow)
        let instructions = try numbers.next(upTo: Self.longestWindow), data = try numbers.next(upTo: Self.longestWindow)
        let first = offset + Int64(head.count - numbers.rest.count)
        let second = first + Int64(instructions)
        guard second + Int64(data) <= layer.size else { throw UnpackingError(.truncated, "a text is cut") }
        return Window(
            sourceLength: source, targetLength: target, instructions: first..<second,
            newData: second..<second + Int64(data))
    }

    /// Whether no window takes bytes of another text.
    func isWhole() throws(UnpackingError) -> Bool {
        var offset = start
        while let window = try window(at: offset) {
            if window.sourceLength > 0 { return false }
            offset = window.newData.upperBound
        }
        return true
    }

    /// Hands out the text, and returns the offset behind the last window.
    ///
    /// - Throws: `.malformed`, `.truncated`.
    func unpack(_ write: ([UInt8]) throws(UnpackingError) -> Void) throws(UnpackingError) -> Int64 {
        var offset = start
        while let window = try window(at: offset) {
            try write(try target(of: window))
            offset = window.newData.upperBound
        }
        return offset
    }

    private func target(of window: Window) throws(UnpackingError) -> [UInt8] {
        var instructions = SVNDiffNumbers(try section(window.instructions)[...])
        let newData = try section(window.newData)
        var (target, used): ([UInt8], Int) = ([], 0)
        while let instruction = instructions.takeByte() {
            let short = Int(instruction & 0x3F)
            let length = try short > 0 ? short : instructions.next(upTo: Self.longestWindow)
            guard length <= window.targetLength - target.count else { throw SVNDiffNumbers.damaged }
            switch instruction >> 6 {
            case 1:
                let from = try instructions.next(upTo: Self.longestWindow)
                guard from < target.count else { throw SVNDiffNumbers.damaged }
                // What is copied may overlap what it makes.
                for index in from..<from + length { target.append(target[index]) }
            case 2:
                guard length <= newData.count - used else { throw SVNDiffNumbers.damaged }
                target += newData[used..<used + length]
                used += length
            default: throw SVNDiffNumbers.damaged
            }
        }
        guard target.count == window.targetLength else { throw SVNDiffNumbers.damaged }
        return target
    }

    /// The bytes of a section, which begins with their number from version 1 on.
    private func section(_ range: Range<Int64>) throws(UnpackingError) -> [UInt8] {
        let bytes = try layer.bytes(at: range.lowerBound, count: range.count)
        guard version > 0 else { return bytes }
        var numbers = SVNDiffNumbers(bytes[...])
        let size = try numbers.next(upTo: Self.longestWindow)
        let packed = numbers.rest
        if packed.count == size { return Array(packed) }
        return try version == 1 ? ZlibStream.decode(Array(packed), size: size) : LZ4Block.decode(packed, size: size)
    }
}

/// The numbers of svndiff: seven bits a byte, the highest first; the eighth bit says that another byte follows.
struct SVNDiffNumbers {
    static let damaged = UnpackingError(.malformed, "a damaged difference of Subversion")

    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func takeByte() -> UInt8? { rest.popFirst() }

    /// - Throws: `.malformed` if the bytes end, or if the number is above `limit`.
    mutating func next(upTo limit: Int = .max) throws(UnpackingError) -> Int {
        var number = 0
        // Nine bytes are the most that cannot overflow.
        for _ in 0..<9 {
            guard let byte = takeByte() else { break }
            number = number << 7 | Int(byte & 0x7F)
            guard byte & 0x80 == 0 else { continue }
            guard number <= limit else { break }
            return number
        }
        throw Self.damaged
    }
}
