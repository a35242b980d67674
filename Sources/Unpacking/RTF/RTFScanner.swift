/// Finds the groups of an RTF text that hold bytes: in hexadecimal digits, or raw behind `\bin`. Source: "Rich Text
/// Format (RTF) Specification" 1.9.1, and what Word makes of texts that do not keep to it.
///
/// Every group counts, whatever its destination: `\objdata`, `\pict`, `\datastore`, `\themedata` and others.
struct RTFScanner {
    /// A group that holds bytes.
    struct Group: Equatable {
        /// Where its content begins.
        let start: Int64
        /// Whether a group within it holds digits as well. Some readers take these for a part of the outer data.
        var hasNestedDigits: Bool
        /// Whether `\'` stands among its digits. Readers differ in what that does to half a byte.
        var hasQuotes: Bool
        /// Whether a control word is so long that some readers end it earlier than others.
        var hasLongWords: Bool
        /// Whether it is the data of an object.
        var isObject: Bool
    }

    /// One token of the text.
    enum Token: Equatable {
        case open
        case close
        /// A control word: the start of its name.
        case word([UInt8])
        /// `\'`, with the two characters behind it.
        case quote
        /// Another control symbol.
        case symbol(UInt8)
        case digit(UInt8)
        /// `\bin`: this many raw bytes from here on.
        case raw(Range<Int64>)
        case other
    }

    private let layer: FileSlice
    private(set) var position: Int64
    private var block: [UInt8] = []
    private var blockStart: Int64 = 0

    private static let blockLength = 1 << 16
    /// Whether a control word ends after `longestWord` letters. Otherwise it has all letters that follow.
    private let cutsLongWords: Bool

    static let longestWord = 250

    init(_ layer: FileSlice, from start: Int64 = 0, cutsLongWords: Bool = false) {
        self.layer = layer
        self.cutsLongWords = cutsLongWords
        position = start
    }

    private mutating func peek() throws(UnpackingError) -> UInt8? {
        let index = position - blockStart
        if index >= 0, index < Int64(block.count) { return block[Int(index)] }
        block = try layer.bytes(at: position, count: Self.blockLength)
        blockStart = position
        return block.first
    }

    /// Returns the next token, or nil at the end.
    mutating func next() throws(UnpackingError) -> Token? {
        while let byte = try peek() {
            position += 1
            switch byte {
            case 0x7B: return .open
            case 0x7D: return .close
            case 0x5C: return try control()
            // White space and other control characters mean nothing.
            case 0...0x20: continue
            default: return Self.digit(byte).map { .digit($0) } ?? .other
            }
        }
        return nil
    }

    static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    private mutating func control() throws(UnpackingError) -> Token? {
        guard let first = try peek() else { return nil }
        guard Self.isLetter(first) else {
            position += 1
            guard first == 0x27 else { return .symbol(first) }
            position = min(layer.size, position + 2)
            return .quote
        }
        var name: [UInt8] = []
        while let letter = try peek(), Self.isLetter(letter) {
            if name.count < Self.longestWord { name.append(letter) } else if cutsLongWords { break }
            position += 1
        }
        var (isNegative, digits, number) = (false, 0, Int64(0))
        if try peek() == 0x2D {
            isNegative = true
            position += 1
        }
        while let digit = try peek(), (0x30...0x39).contains(digit), digits < 250 {
            number = min(number * 10 + Int64(digit - 0x30), 1 << 40)
            digits += 1
            position += 1
        }
        // One blank ends a control word and belongs to it.
        if try peek() == 0x20 { position += 1 }
        guard name == Array("bin".utf8), digits > 0, !isNegative else {
            return .word(name)
        }
        let end = min(layer.size, position + number)
        defer { position = end }
        return .raw(position..<end)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
