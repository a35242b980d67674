/// How the documents in OLE2 files declare that they are encrypted.
enum OLE2Encryption {
    private static let searchLength = 1 << 16
    /// The stream of an encrypted OOXML document ([MS-OFFCRYPTO], 2.3.4.4).
    static let packageName = "EncryptedPackage"
    static let informationName = "EncryptionInfo"

    /// Whether a stream declares its document encrypted.
    static func isDeclared(by stream: ScatteredSlice, name: String) throws(UnpackingError) -> Bool {
        // Rights management ([MS-OFFCRYPTO], 2.2.11).
        if name == "\u{9}DRMContent" { return true }
        let head = try stream.bytes(at: 0, count: 32)
        switch head.first {
        // [MS-DOC], "FibBase": the signature `A5EC`, and the bit fEncrypted.
        case 0xEC: return head.count >= 12 && head[1] == 0xA5 && head[11] & 1 == 1
        case 9: return isEncryptedExcel(try stream.bytes(at: 0, count: searchLength))
        // [MS-PPT], "CurrentUserAtom": the token of an encrypted document.
        default: return head.number(2, at: 2) == 0x0FF6 && head.number(4, at: 12) == 0xF3D1_C4DF
        }
    }

    /// [MS-XLS], "Globals Substream": a record FilePass (0x002F) follows within a few records of the first one, BOF
    /// (0x0809; in older versions 0x0009, 0x0209 and 0x0409).
    private static func isEncryptedExcel(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 8, [0, 2, 4, 8].contains(bytes[1]), bytes.number(2, at: 2) <= 32 else { return false }
        var index = 0
        for _ in 0..<16 where index + 4 <= bytes.count {
            if bytes[index] == 0x2F, bytes[index + 1] == 0 { return true }
            index += 4 + Int(bytes.number(2, at: index + 2))
        }
        return false
    }

    /// The name of `EncryptedPackage` in UTF-16 with its closing zero.
    private static let storedName: [UInt8] = packageName.utf8.flatMap { [$0, 0] } + [0, 0]
    private static let entryLength = 128
    private static let blockLength = 1 << 20

    /// Whether any place where a directory entry may stand has one of an encrypted package: a reader that follows the
    /// directory's chain can be led around it.
    static func hasPackageEntry(_ layer: FileSlice) throws(UnpackingError) -> Bool {
        var position: Int64 = 0
        while position < layer.size {
            let block = try layer.bytes(at: position, count: blockLength)
            for entry in stride(from: 0, through: block.count - entryLength, by: entryLength)
            where block[entry] == storedName[0] && block[entry + 64] == UInt8(storedName.count)
                && block[entry + 66] == 2 && block[entry..<entry + storedName.count].elementsEqual(storedName)
            {
                return true
            }
            position += Int64(block.count)
        }
        return false
    }
}
