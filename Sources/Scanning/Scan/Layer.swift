import Glibc
import Unpacking

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
    /// What the engine called it by when it entered the layer, and will when it leaves.
    let mark: CInt
    /// Open as long as the layer is gone over; -1 where the bytes stand in memory alone.
    let descriptor: CInt
    /// nil where the bytes stand in memory alone.
    let file: File?
    /// Where the layer begins in its file, and its bytes; nil where the engine maps a part of a file that belongs to a
    /// layer above, and does not say which part.
    let extent: (offset: Int64, size: Int64)?
    /// What kind of container its first bytes make it, where it has a file of its own.
    let form: ContainerForm?
    /// How many of the layers that were unpacked from this one, and matched, have which size.
    var children: [Int64: Int] = [:]
    /// Whether the engine unpacked anything from it.
    var hasChildren = false
    /// Whether the engine saw a RAR archive somewhere in it, which it does not open.
    var hidesRar = false
    /// Whether the engine saw a PDF somewhere in it, and read it where it stands.
    var hidesPDF = false

    private init(
        _ type: String, level: Int, mark: CInt, descriptor: CInt, file: File?, extent: (offset: Int64, size: Int64)?,
        mayBeContainer: Bool = true
    ) {
        self.type = type
        self.level = level
        self.mark = mark
        self.descriptor = descriptor
        self.file = file
        self.extent = extent
        form = mayBeContainer ? extent.flatMap { ContainerForm(descriptor: descriptor, offset: $0.offset) } : nil
    }

    /// The file of a pass. The engine has no descriptor of one that it reads through us.
    init(_ type: String, _ mark: CInt, of pass: Pass) {
        self.init(
            type, level: pass.level, mark: mark, descriptor: pass.descriptor, file: File.behind(pass.descriptor)?.file,
            extent: (pass.range.lowerBound, Int64(pass.range.count)), mayBeContainer: pass.mayBeContainer)
    }

    /// What was unpacked from `parent`. A part of the same file is mapped in place, and the engine does not tell where.
    init(_ type: String, _ descriptor: CInt, in parent: Layer) {
        let behind = File.behind(descriptor)
        let size = behind.flatMap { $0.file == parent.file ? nil : $0.size }
        self.init(
            type, level: parent.level + 1, mark: descriptor, descriptor: descriptor, file: behind?.file,
            extent: size.map { (0, $0) })
    }
}

/// The layers that the engine is in, the outermost first. The engine says when it enters one and when it leaves it, and
/// the two pair up like parentheses.
struct LayerStack {
    private var layers: [Layer] = []

    var isEmpty: Bool { layers.isEmpty }
    var count: Int { layers.count }
    var top: Layer? { layers.last }

    mutating func enter(_ layer: Layer) { layers.append(layer) }

    /// The layer that ends; nil where none was entered, or one of another mark: what was noted of the
    /// layers can then not be relied on.
    mutating func leave(_ mark: CInt) -> Layer? {
        guard let layer = layers.popLast(), layer.mark == mark else { return nil }
        return layer
    }

    /// Notes that the innermost layer holds one that was matched, of `size` bytes; nil where the engine does not tell.
    mutating func noteChild(size: Int64?) {
        guard !layers.isEmpty else { return }
        layers[layers.count - 1].hasChildren = true
        if let size { layers[layers.count - 1].children[size, default: 0] += 1 }
    }

    mutating func noteHiddenRar() {
        guard !layers.isEmpty else { return }
        layers[layers.count - 1].hidesRar = true
    }

    mutating func noteHiddenPDF() {
        guard !layers.isEmpty else { return }
        layers[layers.count - 1].hidesPDF = true
    }

    mutating func removeAll() { layers.removeAll() }
}
