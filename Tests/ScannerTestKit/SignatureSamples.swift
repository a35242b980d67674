internal import TestRandom

/// A random signature, and bytes in which it is likely to match.
package struct SignatureSample {
    /// The extension of its database.
    package let database: String
    /// Without its end.
    package let row: String
    package let bytes: [UInt8]
    /// Whether the bytes are a whole program.
    package var isProgram = false
}

/// Makes signatures of each syntax that libclamav's body and logical databases have (ClamAV documentation, "Body-based
/// signatures" and "Logical signatures"), except for macros: libclamav 1.4.6 crashes while it loads some.
package struct SignatureSamples {
    var random: SeededGenerator
    private var count = 0

    package init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    package mutating func next() -> SignatureSample {
        count += 1
        switch number(0...11) {
        case 0: return program()
        case 1...6: return body()
        default: return logical()
        }
    }

    // MARK: Bytes

    private static let words = [
        "orchard", "lantern", "quarry", "velvet", "zephyr", "saddle", "mosaic", "pigeon", "walnut", "harbor", "jigsaw",
        "kettle", "nimbus", "oyster", "puzzle", "riddle", "sphinx", "tundra", "umpire", "vortex", "window", "yonder",
    ]

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    /// Words, as in normalised text, or any bytes.
    mutating func literal() -> [UInt8] {
        if number(0...2) == 0 { return (0..<number(4...24)).map { _ in UInt8.random(in: 0...255, using: &random) } }
        return text()
    }

    mutating func text() -> [UInt8] {
        let words = (0..<number(1...4)).map { _ in Self.words.randomElement(using: &random)! }
        return Array(words.joined(separator: " ").utf8)
    }

    /// A pattern and bytes that it matches.
    mutating func pattern() -> (hex: String, bytes: [UInt8]) {
        var bytes = literal()
        var hex = hexadecimalText(bytes)
        // A byte by itself, some bytes before or after.
        switch number(0...15) {
        case 0: (hex, bytes) = ("78[1-3]\(hex)", Array("x..".utf8) + bytes)
        case 1: return ("\(hex)[2-4]78", bytes + Array("...x".utf8))
        default: break
        }
        for _ in 0..<number(0...2) {
            let noise = (0..<4).map { _ in UInt8.random(in: 0x61...0x7A, using: &random) }
            let next = literal()
            switch number(0...10) {
            case 8: (hex, bytes) = (hex + "?1", bytes + noise.prefix(1).map { $0 & 0xF0 | 1 })
            case 9: (hex, bytes) = (hex + "(6162|6364|7a7a)", bytes + Array("cd".utf8))
            case 10: (hex, bytes) = (hex + "(61|6263|??)", bytes + Array("bc".utf8))
            case 0: (hex, bytes) = (hex + "??", bytes + noise.prefix(1))
            case 1: (hex, bytes) = (hex + "6?", bytes + noise.prefix(1).map { $0 & 0x0F | 0x60 })
            case 2: (hex, bytes) = (hex + "*", bytes + noise)
            case 3: (hex, bytes) = (hex + "{4}", bytes + noise)
            case 4: (hex, bytes) = (hex + "{2-6}", bytes + noise)
            case 5:
                let pair = [noise[0] == 0x61 ? 0x62 : noise[0], 0x61]
                (hex, bytes) = (hex + "(\(hexadecimalText([pair[0]]))|\(hexadecimalText([pair[1]])))", bytes + [0x61])
            case 6: (hex, bytes) = (hex + "!(30|31)", bytes + noise.prefix(1))
            default: (hex, bytes) = (hex + "{-4}", bytes + noise.prefix(2))
            }
            (hex, bytes) = (hex + hexadecimalText(next), bytes + next)
        }
        return (hex, bytes)
    }

    // MARK: Rows

    mutating func name(_ kind: String) -> String {
        // A few names have several rows.
        "Sample.\(kind)-\(number(0...20) == 0 ? count - 1 : count)"
    }

    private mutating func body() -> SignatureSample {
        let (hex, bytes) = pattern()
        let target = [0, 0, 0, 3, 7, number(0...13)].randomElement(using: &random)!
        let offset = ["*", "*", "*", "0,200000", "EOF-\(bytes.count + 60),60"].randomElement(using: &random)!
        let levels = ["", "", "", ":51", ":51:255", ":250", ":20:60"].randomElement(using: &random)!
        return SignatureSample(
            database: "ndb", row: "\(name("Body")):\(target):\(offset):\(hex)\(levels)", bytes: bytes)
    }
}
