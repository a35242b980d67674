import Support
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
        // Most parts are none of these, and show it at once.
        let start = read(layer.descriptor, extent, atMost: 12)
        switch (start.first, container.form == .zip) {
        case (0x3C, true), (0xEF, true): return isEncryptedManifest(read(layer.descriptor, extent, atMost: reach))
        case (0xEC, false): return isEncryptedWord(start)
        case (0x09, false): return isEncryptedExcel(read(layer.descriptor, extent, atMost: reach))
        default: return false
        }
    }

    private static func read(_ descriptor: CInt, _ extent: (offset: Int64, size: Int64), atMost limit: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(min(Int64(limit), extent.size)))
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe readAt(descriptor, offset: extent.offset, into: $0) }
        return count == bytes.count ? bytes : []
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

    private static func holds(_ bytes: [UInt8], _ text: String) -> Bool {
        let mark = Array(text.utf8)
        guard bytes.count >= mark.count else { return false }
        return (0...bytes.count - mark.count).contains {
            bytes[$0] == mark[0] && bytes[$0..<$0 + mark.count].elementsEqual(mark)
        }
    }
}
