/// Installers whose marks also stand in programs that read them.
extension EmbeddedHeader {
    /// The length of the text that an installer of Inno Setup begins its data with, zeros behind it.
    private static let innoTextLength = 64

    /// Whether the text at the head of the data of Inno Setup is followed by zeros and a block with its CRC-32. From
    /// version 6.5 on, the place of the block depends on encryption.
    static func isInnoSetup(_ head: FileStart) -> Bool {
        if head.has("i1.2.10--16\u{1A}") || head.has("i1.2.10--32\u{1A}") { return true }
        let bytes = head.bytes
        guard bytes.count > innoTextLength + 12 else { return false }
        let text = bytes[..<innoTextLength].prefix { $0 != 0 }
        guard text.count < innoTextLength, bytes[text.count..<innoTextLength].allSatisfy({ $0 == 0 }),
            let open = text.firstIndex(of: 0x28)
        else { return false }
        let numbers = String(decoding: text[(open + 1)...].prefix { $0 != 0x29 }, as: UTF8.self).split(separator: ".")
        let version = numbers.prefix(2).compactMap { Int($0) }
        guard version.count == 2 else { return false }
        if version[0] > 6 || version[0] == 6 && version[1] >= 5 { return true }
        // A size and whether it is packed; before version 4.0.9, two sizes.
        let sum = head.number(4, at: innoTextLength)
        return [5, 8].contains { count in
            UInt64(Array(bytes[innoTextLength + 4..<innoTextLength + 4 + count]).crc32) == sum
        }
    }
}
