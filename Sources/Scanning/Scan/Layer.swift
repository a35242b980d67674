import Glibc
import Unpacking

/// One file that the engine scans: the object, or something unpacked from it, at any depth.
struct Layer {
    /// A file's identity: its device and inode number.
    struct File: Equatable {
        let device: dev_t
        let inode: ino_t

        /// Returns the file's identity and its size in bytes, or nil for a descriptor that is not open.
        static func identify(_ descriptor: CInt) -> (file: File, size: Int64)? {
            var info = stat()
            guard descriptor >= 0, unsafe fstat(descriptor, &info) == 0 else { return nil }
            return (File(device: info.st_dev, inode: info.st_ino), Int64(info.st_size))
        }
    }

    /// The engine's name for a PDF.
    static let pdfType = "CL_TYPE_PDF"
    /// The engine's name for an OLE2 file.
    static let ole2Type = "CL_TYPE_MSOLE2"

    /// The engine's name for its type (`CL_TYPE_…`).
    let type: String
    /// 0 is the object.
    let level: Int
    /// The descriptor that the engine passes to its callbacks when it enters and leaves the layer.
    let callbackDescriptor: CInt
    /// Open until the engine leaves the layer; -1 if the bytes are only in memory.
    let descriptor: CInt
    /// Nil if the bytes are only in memory.
    let file: File?
    /// The layer's offset in its file, and its size. Nil if the engine maps a part of an outer layer's file, since it
    /// does not say which part.
    let extent: (offset: Int64, size: Int64)?
    /// The form that its first bytes have. Nil without an extent.
    let form: ContainerForm?
    private static let typesOpenedByOurs: Set<String> = [
        "CL_TYPE_MAIL", "CL_TYPE_MHTML", "CL_TYPE_TNEF", "CL_TYPE_UUENCODED", "CL_TYPE_BINHEX",
    ]
    private static let letterTypes: Set<String> = [
        "CL_TYPE_MAIL", "CL_TYPE_MHTML", "CL_TYPE_TEXT_ASCII", "CL_TYPE_TEXT_UTF8",
    ]
    /// Whether the walk takes the layer's parts out by itself.
    var isOpenedByWalk: Bool {
        if Self.typesOpenedByOurs.contains(type) { return true }
        if type == Self.pdfType, extent != nil { return true }
        guard let form, form.isOpened else { return false }
        return !form.hasWeakMagic || ContainerForm.engineTypesOfWeakForms.contains(type)
    }
    /// Whether the engine reads it as a letter, or as a text that may be a part of one.
    var isLetter: Bool { Self.letterTypes.contains(type) }
    /// Whether the engine passes it over, so that the walk inspects it as a file of its own.
    let isLeftToWalk: Bool
    /// The alerts that were raised while the engine was in it.
    var alerts: [String] = []

    private init(
        _ type: String, level: Int, callbackDescriptor: CInt, descriptor: CInt, file: File?,
        extent: (offset: Int64, size: Int64)?, mayBeContainer: Bool = true, isInOpened: Bool = false
    ) {
        self.type = type
        self.level = level
        self.callbackDescriptor = callbackDescriptor
        self.descriptor = descriptor
        self.file = file
        self.extent = extent
        let form = mayBeContainer ? extent.flatMap { ContainerForm(descriptor: descriptor, offset: $0.offset) } : nil
        self.form = form
        isLeftToWalk =
            isInOpened
            && extent.map {
                LeftToWalk.isIn(FileSlice(descriptor: descriptor, start: $0.offset, size: $0.size), form)
            } == true
    }

    /// The file of a pass. The engine has no descriptor of a file that it reads through a `FileMapping`.
    init(_ type: String, _ callbackDescriptor: CInt, of pass: Pass) {
        self.init(
            type, level: pass.level, callbackDescriptor: callbackDescriptor, descriptor: pass.descriptor,
            file: File.identify(pass.descriptor)?.file, extent: (pass.range.lowerBound, Int64(pass.range.count)),
            mayBeContainer: pass.mayBeContainer)
    }

    /// A layer within `parent`. If it has the same file, the engine mapped a part of that without saying which.
    init(_ type: String, _ descriptor: CInt, in parent: Layer) {
        let identity = File.identify(descriptor)
        let size = identity.flatMap { $0.file == parent.file ? nil : $0.size }
        self.init(
            type, level: parent.level + 1, callbackDescriptor: descriptor, descriptor: descriptor,
            file: identity?.file, extent: size.map { (0, $0) }, isInOpened: parent.isOpenedByWalk)
    }
}

/// The layers that the engine is in, the outermost first. Its reports of entering and leaving pair up like parentheses.
struct LayerStack {
    private var layers: [Layer] = []

    var isEmpty: Bool { layers.isEmpty }
    var count: Int { layers.count }
    var top: Layer? { layers.last }

    mutating func enter(_ layer: Layer) { layers.append(layer) }

    /// Removes and returns the innermost layer. Returns nil if there is none, or one with another descriptor: the
    /// record of layers is then unreliable.
    mutating func leave(_ callbackDescriptor: CInt) -> Layer? {
        guard let layer = layers.popLast(), layer.callbackDescriptor == callbackDescriptor else { return nil }
        return layer
    }

    mutating func noteAlert(_ alert: String) {
        guard layers.count > 1, !layers[layers.count - 1].alerts.contains(alert) else { return }
        layers[layers.count - 1].alerts.append(alert)
    }

    mutating func removeAll() { layers.removeAll() }
}

/// The layers of a pass that have the most layers around them.
struct DeepestLayers {
    private var depth = 0
    private var letters = false

    /// Whether all of them are letters.
    var areLetters: Bool { letters }

    /// - Parameter depth: the number of layers from the pass's file to this one.
    mutating func add(_ layer: Layer, depth: Int) {
        if depth > self.depth {
            self.depth = depth
            letters = layer.isLetter
        } else if depth == self.depth {
            letters = letters && layer.isLetter
        }
    }
}

/// The programs among the layers of a pass.
struct ProgramLayers {
    private static let types: Set<String> = ["CL_TYPE_ELF", "CL_TYPE_MSEXE", "CL_TYPE_MACHO", "CL_TYPE_MACHO_UNIBIN"]
    private var (cores, others) = (false, false)

    /// Whether there are some, and each is the memory of a program that crashed: an ELF file that no system starts, and
    /// whose tables the engine compares with those of a program.
    var areCores: Bool { cores && !others }

    mutating func add(_ layer: Layer) {
        guard Self.types.contains(layer.type) else { return }
        let head = layer.extent.flatMap { extent in
            try? FileSlice(descriptor: layer.descriptor, start: extent.offset, size: extent.size)
                .bytes(at: 0, count: 18)
        }
        if head.map(ELFSections.isCore) == true { cores = true } else { others = true }
    }
}
