import Unpacking

/// Encryption that only the manifest of an OpenDocument file declares. The engine passes its parts on unchanged and
/// reports nothing.
enum OfficeEncryption {
    /// How much of a part is searched.
    private static let searchLength = 1 << 16

    /// Whether a layer is the manifest of an OpenDocument file and declares a part encrypted.
    ///
    /// - Parameter container: the layer that this one was unpacked from.
    static func isDeclared(by layer: Layer, in container: Layer) -> Bool {
        guard let extent = layer.extent, container.form == .zip else { return false }
        let part = FileSlice(descriptor: layer.descriptor, start: extent.offset, size: extent.size)
        func first(_ count: Int) -> [UInt8] { (try? part.bytes(at: 0, count: count)) ?? [] }
        // Most parts are ruled out by their first byte.
        guard let start = first(1).first, start == 0x3C || start == 0xEF else { return false }
        return isEncryptedManifest(first(searchLength))
    }

    /// OpenDocument 1.3, part 2, "Manifest": the element `encryption-data` of a file's entry.
    private static func isEncryptedManifest(_ bytes: [UInt8]) -> Bool {
        contains(bytes, "urn:oasis:names:tc:opendocument:xmlns:manifest") && contains(bytes, "encryption-data")
    }

    private static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        bytes.index(of: Array(text.utf8)) != nil
    }
}
