import Digest
import Unpacking

/// The identity of a layer's bytes: two layers with the same digest need to be inspected only once.
struct LayerDigest: Hashable {
    let size: Int64
    let sha256: [UInt8]

    private static let blockLength = 1 << 18

    /// - Throws: `.read` if the layer cannot be read to its end.
    init(of layer: FileSlice) throws(UnpackingError) {
        var hash = SHA256()
        var offset: Int64 = 0
        while offset < layer.size {
            let block = try layer.bytes(at: offset, count: Self.blockLength)
            unsafe block.withUnsafeBytes { unsafe hash.update($0) }
            offset += Int64(block.count)
        }
        size = layer.size
        sha256 = hash.finish()
    }
}
