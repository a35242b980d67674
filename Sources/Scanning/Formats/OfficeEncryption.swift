import Unpacking

/// Encryption that only a part of an office document declares: Word and Excel files in the binary formats, and
/// OpenDocument. The engine passes such parts on unchanged and reports nothing.
enum OfficeEncryption {
    /// How much of a part is searched.
    private static let searchLength = 1 << 16

    /// Whether a layer is a part of an office document and declares the document encrypted.
    ///
    /// - Parameter container: the layer that this one was unpacked from.
    static func isDeclared(by layer: Layer, in container: Layer) -> Bool {
        guard let extent = layer.extent, container.type == EncryptedPackage.type || container.form == .zip else {
            return false
        }
        let part = FileSlice(descriptor: layer.descriptor, start: extent.offset, size: extent.size)
        func first(_ count: Int) -> [UInt8] { (try? part.bytes(at: 0, count: count)) ?? [] }
        // Most parts are ruled out by their first byte.
        let start = first(12)
        switch (start.first, container.form == .zip) {
        case (0x3C, true), (0xEF, true): return isEncryptedManifest(first(searchLength))
        case (0xEC, false): return isEncryptedWord(start)
        case (0x09, false): return isEncryptedExcel(first(searchLength))
        default: return false
        }
    }

    /// [MS-DOC], "FibBase": the signature `A5EC`, and the bit fEncrypted.
    private static func isEncryptedWord(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 12 && bytes[0] == 0xEC && bytes[1] == 0xA5 && bytes[11] & 1 == 1
    }

    /// [MS-XLS], "Globals Substream": a record FilePass (0x002F) follows within a few records of the first one, BOF
    /// (0x0809).
    private static func isEncryptedExcel(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 8, bytes[0] == 0x09, bytes[1] == 0x08 else { return false }
        var index = 0
        for _ in 0..<16 where index + 4 <= bytes.count {
            if bytes[index] == 0x2F, bytes[index + 1] == 0 { return true }
            index += 4 + Int(bytes[index + 2]) + Int(bytes[index + 3]) << 8
        }
        return false
    }

    /// OpenDocument 1.3, part 2, "Manifest": the element `encryption-data` of a file's entry.
    private static func isEncryptedManifest(_ bytes: [UInt8]) -> Bool {
        contains(bytes, "urn:oasis:names:tc:opendocument:xmlns:manifest") && contains(bytes, "encryption-data")
    }

    private static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        bytes.index(of: Array(text.utf8)) != nil
    }
}
