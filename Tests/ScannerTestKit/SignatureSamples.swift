internal import TestRandom

/// A random signature, and bytes in which it is likely to match.
package struct SignatureSample {
    /// The extension of its database.
    package let database: String
    /// Without its end.
    package let row: String
    package let bytes: [UInt8]
}

/// Makes signatures of each syntax that libclamav's body and logical databases have (ClamAV documentation, "Body-based
/// signatures" and "Logical signatures").
package struct SignatureSamples {
    private var random: SeededGenerator
    private var count = 0

    package init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    package mutating func next() -> SignatureSample {
        count += 1
        return Bool.random(using: &random) ? body() : logical()
    }

    // MARK: Bytes

    private static let words = [
        "orchard", "lantern", "quarry", "velvet", "zephyr", "saddle", "mosaic", "pigeon", "walnut", "harbor", "jigsaw",
        "kettle", "nimbus", "oyster", "puzzle", "riddle", "sphinx", "tundra", "umpire", "vortex", "window", "yonder",
    ]

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    /// Words, as in normalised text, or any bytes.
    private mutating func literal() -> [UInt8] {
        if number(0...2) == 0 { return (0..<number(4...24)).map { _ in UInt8.random(in: 0...255, using: &random) } }
        return text()
    }

    private mutating func text() -> [UInt8] {
        let words = (0..<number(1...4)).map { _ in Self.words.randomElement(using: &random)! }
        return Array(words.joined(separator: " ").utf8)
    }

    /// A pattern and bytes that it matches.
    private mutating func pattern() -> (hex: String, bytes: [UInt8]) {
        var bytes = literal()
        var hex = hexadecimalText(bytes)
        for _ in 0..<number(0...2) {
            let noise = (0..<4).map { _ in UInt8.random(in: 0x61...0x7A, using: &random) }
            let next = literal()
            switch number(0...7) {
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

    private mutating func name(_ kind: String) -> String {
        // A few names have several rows.
        "Sample.\(kind)-\(number(0...20) == 0 ? count - 1 : count)"
    }

    private mutating func body() -> SignatureSample {
        let (hex, bytes) = pattern()
        let target = [0, 0, 0, 3, 7, 6, 4, 10].randomElement(using: &random)!
        let offset = ["*", "*", "*", "0,200000", "EOF-\(bytes.count + 60),60"].randomElement(using: &random)!
        let levels = ["", "", "", ":51", ":51:255", ":250", ":20:60"].randomElement(using: &random)!
        return SignatureSample(
            database: "ndb", row: "\(name("Body")):\(target):\(offset):\(hex)\(levels)", bytes: bytes)
    }

    private mutating func logical() -> SignatureSample {
        let count = number(1...4)
        var (parts, bytes): ([String], [UInt8]) = ([], [])
        for index in 0..<count {
            let (part, content) = part(index)
            parts.append(part)
            if number(0...4) > 0 { bytes += content + Array(" \(index) ".utf8) }
        }
        let target = [0, 0, 0, 3, 7].randomElement(using: &random)!
        let more = ["", "", ",FileSize:1-900000", ",Container:CL_TYPE_ZIP"].randomElement(using: &random)!
        return SignatureSample(
            database: "ldb",
            row: "\(name("Logical"));Engine:81-255,Target:\(target)\(more);\(expression(count));"
                + parts.joined(separator: ";"),
            bytes: bytes)
    }

    private mutating func part(_ index: Int) -> (String, [UInt8]) {
        let text = text()
        let upper = text.map { (0x61...0x7A).contains($0) && Bool.random(using: &random) ? $0 & 0xDF : $0 }
        let wide: [UInt8] = text.flatMap { [$0, 0] as [UInt8] }
        switch number(0...8) {
        case 0: return ("\(hexadecimalText(text))::i", upper)
        case 1: return ("\(hexadecimalText(text))::w", wide)
        case 2: return ("\(hexadecimalText(text))::wa", Bool.random(using: &random) ? wide : text)
        case 3: return ("\(hexadecimalText(text))::iw", upper.flatMap { [$0, 0] as [UInt8] })
        case 4: return ("\(hexadecimalText(text))::f", [0x20] + text + [0x20])
        case 5 where index > 0: return ("\(index - 1)/[0-9]{3}[a-z]/", Array("777q".utf8))
        case 6: return ("0,100000:\(hexadecimalText(text))", text)
        default:
            let (hex, bytes) = pattern()
            return (hex, bytes)
        }
    }

    /// An expression of all parts, for which most of them are there.
    private mutating func expression(_ count: Int) -> String {
        var terms = (0..<count).map { index in
            "\(index)" + ["", "", "", ">0", "=1", "=0", "<3"].randomElement(using: &random)!
        }
        while terms.count > 1 {
            let sign = Bool.random(using: &random) ? "&" : "|"
            let at = number(0...(terms.count - 2))
            let bound = ["", "", ">0", ">1", "=0", "<2", ">0,1"].randomElement(using: &random)!
            let joined = "\(terms[at])\(sign)\(terms[at + 1])"
            terms[at...(at + 1)] = [terms.count == 2 && bound.isEmpty ? joined : "(\(joined))\(bound)"]
        }
        return terms[0]
    }
}
