import Unpacking

/// An encrypted office document: an OLE2 file whose directory names a stream `EncryptedPackage` ([MS-OFFCRYPTO],
/// "ECMA-376 Document Encryption"). libclamav 1.4 treats it like any other OLE2 file.
enum EncryptedPackage {
    /// The engine's name for OLE2 files.
    static let type = "CL_TYPE_MSOLE2"
    /// A directory entry starts at a multiple of this length ([MS-CFB]: entries fill sectors, and sectors are larger).
    private static let entryLength = 128
    private static let blockLength = 1 << 20
    /// The name in UTF-16 with its closing zero.
    private static let name: [UInt8] = Array("EncryptedPackage".utf8).flatMap { [$0, 0] } + [0, 0]
    /// The offset of the name's length in bytes, in an entry.
    private static let nameLengthOffset = 64
    private static let objectTypeOffset = 66
    private static let streamType: UInt8 = 2

    /// Whether the file contains a directory entry of that name. Every possible position is checked: a reader that
    /// follows the directory's chain can be led around the entry.
    ///
    /// - Returns: nil if the file cannot be read.
    static func isIn(_ descriptor: CInt, offset: Int64, size: Int64) -> Bool? {
        let file = FileSlice(descriptor: descriptor, start: offset, size: size)
        var position: Int64 = 0
        while position < size {
            guard let block = try? file.bytes(at: position, count: blockLength) else { return nil }
            for entry in stride(from: 0, to: block.count - entryLength + 1, by: entryLength)
            where block[entry] == name[0] && isEntry(block, at: entry) {
                return true
            }
            position += Int64(block.count)
        }
        return false
    }

    private static func isEntry(_ block: [UInt8], at entry: Int) -> Bool {
        block[entry + nameLengthOffset] == UInt8(name.count) && block[entry + objectTypeOffset] == streamType
            && block[entry..<entry + name.count].elementsEqual(name)
    }
}
