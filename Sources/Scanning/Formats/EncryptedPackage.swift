import Unpacking

/// Office documents under a password: an OLE2 file whose directory names a stream `EncryptedPackage` ([MS-OFFCRYPTO],
/// "ECMA-376 Document Encryption"). libclamav 1.4 takes it for any other OLE2 file.
enum EncryptedPackage {
    /// The engine's name for OLE2 files.
    static let type = "CL_TYPE_MSOLE2"
    /// A directory entry starts at a whole number of these ([MS-CFB]: entries fill sectors, and sectors are larger).
    private static let entryLength = 128
    private static let blockLength = 1 << 20
    /// The name in UTF-16 with its closing zero.
    private static let name: [UInt8] = Array("EncryptedPackage".utf8).flatMap { [$0, 0] } + [0, 0]
    /// Where an entry tells its name's length in bytes, and that it is a stream.
    private static let lengthPlace = 64
    private static let kindPlace = 66
    private static let stream: UInt8 = 2

    /// Whether an entry of that name stands anywhere in the file. All places where one may stand are looked at: whoever
    /// follows the directory's chain alone can be led around it.
    ///
    /// - Returns: nil where the file cannot be read.
    static func isIn(_ descriptor: CInt, offset: Int64, size: Int64) -> Bool? {
        let file = FileSlice(descriptor: descriptor, start: offset, size: size)
        var place: Int64 = 0
        while place < size {
            guard let block = try? file.bytes(at: place, count: blockLength) else { return nil }
            for entry in stride(from: 0, to: block.count - entryLength + 1, by: entryLength)
            where block[entry] == name[0] && isEntry(block, at: entry) {
                return true
            }
            place += Int64(block.count)
        }
        return false
    }

    private static func isEntry(_ block: [UInt8], at entry: Int) -> Bool {
        block[entry + lengthPlace] == UInt8(name.count) && block[entry + kindPlace] == stream
            && block[entry..<entry + name.count].elementsEqual(name)
    }
}
