import Glibc

/// One file that the engine goes over: the object, or what is packed in it, however deep.
struct Layer {
    /// The file in which a layer's bytes stand, by its device and its number there.
    struct File: Equatable {
        let device: dev_t
        let number: ino_t

        /// The file's identity and its length in bytes; nil where there is no such descriptor.
        static func behind(_ descriptor: CInt) -> (file: File, size: Int64)? {
            var facts = stat()
            guard descriptor >= 0, unsafe fstat(descriptor, &facts) == 0 else { return nil }
            return (File(device: facts.st_dev, number: facts.st_ino), Int64(facts.st_size))
        }
    }

    /// The engine's name for its type (`CL_TYPE_…`).
    let type: String
    /// 0 is the object.
    let level: Int
    /// The engine's own, open as long as the layer is gone over; -1 where the bytes stand in memory alone.
    let descriptor: CInt
    /// nil where the bytes stand in memory alone.
    let file: File?
    /// Where the layer begins in its file, and its bytes; nil where the engine maps a part of a file that belongs to a
    /// layer above, and does not say which part.
    let extent: (offset: Int64, size: Int64)?
    /// How many of the layers that were unpacked from this one, and matched, have which size.
    var children: [Int64: Int] = [:]
}

/// The layers that the engine is in, the outermost first. The engine says when it enters one and when it leaves it, and
/// the two pair up like parentheses.
struct LayerStack {
    private var layers: [Layer] = []

    var isEmpty: Bool { layers.isEmpty }
    var count: Int { layers.count }
    var top: Layer? { layers.last }

    mutating func enter(_ layer: Layer) { layers.append(layer) }

    /// The layer that ends; nil where none was entered, or another one than that of this descriptor: what was noted of the
    /// layers can then not be relied on.
    mutating func leave(_ descriptor: CInt) -> Layer? {
        guard let layer = layers.popLast(), layer.descriptor == descriptor else { return nil }
        return layer
    }

    /// Notes that the innermost layer holds one of `size` bytes.
    mutating func noteChild(size: Int64) {
        guard !layers.isEmpty else { return }
        layers[layers.count - 1].children[size, default: 0] += 1
    }

    mutating func removeAll() { layers.removeAll() }
}
