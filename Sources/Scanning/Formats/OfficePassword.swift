import Unpacking

/// Office documents whose password shows only in what the engine unpacks from them: Word and Excel files of the binary
/// formats, and OpenDocument. The engine gives the bytes of such streams out as it finds them, and says nothing.
enum OfficePassword {
    /// How far into a stream the mark may stand.
    private static let reach = 1 << 16

    /// Whether a layer is a part of an office document, and says that the document is encrypted.
    ///
    /// - Parameter container: the layer that this one was unpacked from.
    static func isTold(by layer: Layer, in container: Layer) -> Bool {
        guard let extent = layer.extent, container.type == EncryptedPackage.type || container.form == .zip else {
            return false
        }
        let part = FileSlice(descriptor: layer.descriptor, start: extent.offset, size: extent.size)
        func first(_ count: Int) -> [UInt8] { (try? part.bytes(at: 0, count: count)) ?? [] }
        // Most parts are none of these, and show it at once.
        let start = first(12)
        switch (start.first, container.form == .zip) {
        case (0x3C, true), (0xEF, true): return isEncryptedManifest(first(reach))
        case (0xEC, false): return isEncryptedWord(start)
        case (0x09, false): return isEncryptedExcel(first(reach))
        default: return false
        }
    }

    /// [MS-DOC], "FibBase": the mark `A5EC`, and the bit fEncrypted.
    private static func isEncryptedWord(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 12 && bytes[0] == 0xEC && bytes[1] == 0xA5 && bytes[11] & 1 == 1
    }

    /// [MS-XLS], "Globals Substream": a record FilePass (0x002F) follows the first one, BOF (0x0809), at most a few behind.
    private static func isEncryptedExcel(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 8, bytes[0] == 0x09, bytes[1] == 0x08 else { return false }
        var place = 0
        for _ in 0..<16 where place + 4 <= bytes.count {
            if bytes[place] == 0x2F, bytes[place + 1] == 0 { return true }
            place += 4 + Int(bytes[place + 2]) + Int(bytes[place + 3]) << 8
        }
        return false
    }

    /// OpenDocument 1.3, part 2, "Manifest": the element `encryption-data` of a file's entry.
    private static func isEncryptedManifest(_ bytes: [UInt8]) -> Bool {
        holds(bytes, "urn:oasis:names:tc:opendocument:xmlns:manifest") && holds(bytes, "encryption-data")
    }

    private static func holds(_ bytes: [UInt8], _ text: String) -> Bool { bytes.index(of: Array(text.utf8)) != nil }
}
