import Unpacking

/// A layer that a pass of the engine left behind and that is opened after the pass. Its file is kept open, although the
/// engine has deleted it.
struct PendingContainer {
    let descriptor: CInt
    let offset: Int64
    let size: Int64
    /// The container's own level.
    let level: Int
    let path: String
    let engineType: String
    /// For people.
    var name: String { engineType }

    var layer: WalkedLayer {
        WalkedLayer(
            bytes: FileSlice(descriptor: descriptor, start: offset, size: size), level: level, path: path,
            engineType: engineType)
    }
}
