/// The attributes of an HFS+ volume that hold the headers of compressed files.
struct HFSPlusAttributes {
    private static let name = Array("com.apple.decmpfs".utf16)
    private static let inlineData: UInt64 = 0x10
    private static let maximumBytes = 256 << 20

    /// The attribute's bytes by the file's number.
    let compressed: [UInt32: [UInt8]]

    /// - Throws: `.method` for a header that does not stand in its record; `.tooLarge` with more than 256 MiB of them.
    init(_ tree: HFSPlusTree) throws(UnpackingError) {
        var found: [UInt32: [UInt8]] = [:]
        var total = 0
        for leaf in tree.leaves {
            for record in try tree.records(ofLeaf: leaf) {
                let length = Int(record.key.bigNumber(2, at: 10))
                guard length == Self.name.count, record.key.count >= 12 + 2 * length,
                    (0..<length).allSatisfy({ record.key.bigNumber(2, at: 12 + 2 * $0) == UInt64(Self.name[$0]) })
                else { continue }
                let size = Int(record.data.bigNumber(4, at: 12))
                guard record.data.bigNumber(4, at: 0) == Self.inlineData, 16 + size <= record.data.count else {
                    throw UnpackingError(.method, "a compressed file with its header outside its record")
                }
                total += size
                guard total <= Self.maximumBytes else { throw UnpackingError(.tooLarge, "many compressed files") }
                found[UInt32(record.key.bigNumber(4, at: 2))] = Array(record.data.dropFirst(16).prefix(size))
            }
        }
        compressed = found
    }
}
