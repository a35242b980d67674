import Glibc
import Unpacking

/// A layer that a pass of the engine left behind and that is opened after the pass. Its file is kept open, although the
/// engine has deleted it, or it is copied: a process may not have many files open.
struct PendingContainer {
    let descriptor: CInt
    /// Whether the descriptor is its own. Otherwise it is that of the file with the copies.
    let ownsDescriptor: Bool
    let digest: LayerDigest
    let offset: Int64
    let size: Int64
    /// The container's own level.
    let level: Int
    let path: String
    let engineType: String
    /// For people.
    var name: String { engineType }

    func close() {
        if ownsDescriptor { Glibc.close(descriptor) }
    }

    var layer: WalkedLayer {
        WalkedLayer(
            bytes: FileSlice(descriptor: descriptor, start: offset, size: size), level: level, path: path,
            engineType: engineType)
    }
}
