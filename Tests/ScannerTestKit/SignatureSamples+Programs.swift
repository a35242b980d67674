internal import Foundation

/// Signatures whose places are counted from parts of a program.
extension SignatureSamples {
    mutating func program() -> SignatureSample { Bool.random(using: &random) ? portableExecutable() : elf() }

    private mutating func portableExecutable() -> SignatureSample {
        let (hex, bytes) = pattern()
        let (before, after) = (number(0...90), number(0...60))
        let section = noise(before) + bytes + noise(after)
        let end = bytes.count + after
        let offset = offset(at: before, section: 0, fromEnd: end + Programs.paddingLength(of: section))
        return sample(hex, offset, target: 1, more: ",EntryPoint:0-4000,NumberOfSections:1-1", Programs.pe(section))
    }

    private mutating func elf() -> SignatureSample {
        let bytes = Programs.elf
        let entry = Programs.entry(ofELF: bytes)
        let distance = number(0...200)
        let start = min(entry + distance, bytes.count - 30)
        let hex = hexadecimalText(Array(bytes[start..<(start + number(8...24))]))
        return sample(
            hex, offset(at: distance, section: number(1...3), fromEnd: bytes.count - start), target: 6, more: "", bytes)
    }

    private mutating func noise(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    private mutating func offset(at distance: Int, section: Int, fromEnd end: Int) -> String {
        let shift = number(0...40)
        return [
            "*", "EP+\(distance)", "EP+\(max(0, distance - shift)),\(shift)", "EP-\(distance)",
            "S\(section)+\(distance)", "SE\(section)", "SL+\(distance)", "EOF-\(end)", "EOF-\(end + shift),\(shift)",
            "VI",
        ].randomElement(using: &random)!
    }

    private mutating func sample(
        _ hex: String, _ offset: String, target: Int, more: String, _ bytes: [UInt8]
    ) -> SignatureSample {
        let isBody = Bool.random(using: &random)
        let place = offset == "*" ? "" : "\(offset):"
        let row =
            isBody
            ? "\(name("Program")):\(target):\(offset):\(hex)"
            : "\(name("Program"));Engine:81-255,Target:\(target)\(more);0;\(place)\(hex)"
        return SignatureSample(database: isBody ? "ndb" : "ldb", row: row, bytes: bytes, isProgram: true)
    }
}

/// Small programs.
private enum Programs {
    private static let alignment = 512

    static let elf = Array(FileManager.default.contents(atPath: "/bin/true") ?? Data())

    static func entry(ofELF bytes: [UInt8]) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[24 + $1]) << (8 * $1) } }

    static func paddingLength(of section: [UInt8]) -> Int { (alignment - section.count % alignment) % alignment }

    /// A PE32 program with one section, at whose first byte it is entered.
    static func pe(_ section: [UInt8]) -> [UInt8] {
        func number(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 0xFF) } }
        func numbers(_ values: [Int], _ count: Int) -> [UInt8] { values.flatMap { number($0, count) } }
        let length = section.count + paddingLength(of: section)
        let dos = Array("MZ".utf8) + [UInt8](repeating: 0, count: 58) + number(64, 4)
        let coff = Array("PE\0\0".utf8) + numbers([0x14C, 1], 2) + numbers([0, 0, 0], 4) + numbers([224, 0x102], 2)
        let optional =
            numbers([0x10B, 0], 2) + numbers([length, 0, 0, 0x1000, 0x1000, 0x2000, 0x400000, 0x1000, alignment], 4)
            + numbers([4, 0, 0, 0, 4, 0], 2) + numbers([0, 0x10000, alignment, 0], 4) + numbers([3, 0], 2)
            + numbers([0x100000, 0x1000, 0x100000, 0x1000, 0, 16], 4) + [UInt8](repeating: 0, count: 128)
        let header =
            Array(".text\0\0\0".utf8) + numbers([length, 0x1000, length, alignment, 0, 0], 4) + numbers([0, 0], 2)
            + number(0x6000_0020, 4)
        let head = dos + coff + optional + header
        return head + [UInt8](repeating: 0, count: alignment - head.count) + section
            + [UInt8](repeating: 0, count: length - section.count)
    }
}
