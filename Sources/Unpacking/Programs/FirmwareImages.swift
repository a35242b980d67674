/// What images of firmware hold: the properties of a tree of devices, which a FIT of U-Boot is as well ("Devicetree
/// Specification", 5; U-Boot, "Flat Image Tree"), the partitions of a TRX, the trees of a DTBO of Android, the blocks
/// of a UF2 for microcontrollers (Microsoft, "USB Flashing Format"), and the elements of a DfuSe file
/// (STMicroelectronics, UM0391).
package struct FirmwareImages: ListingOpener {
    private static let tree: [UInt8] = [0xD0, 0x0D, 0xFE, 0xED]
    private static let trees: [UInt8] = [0xD7, 0xB7, 0xAB, 0x1E]
    private static let trx = "HDR0"
    private static let blocks: [UInt8] = [0x55, 0x46, 0x32, 0x0A, 0x57, 0x51, 0x5D, 0x9E]
    private static let deviceImages = Array("DfuSe\u{1}".utf8)
    /// A head, one of each target, and one of each element.
    private static let deviceHeads: (file: Int64, target: Int64, element: Int64) = (11, 274, 8)
    private static let blockLength: Int64 = 512
    private static let blockHead: Int64 = 32
    private static let blockData: UInt64 = 476
    /// The name of the property that holds an image of a FIT.
    private static let image = Array("data\0".utf8)
    /// Shorter images are words. Shorter properties of other names are numbers and words, of which a tree has hundreds.
    private static let shortestImage: Int64 = 32
    private static let shortest: Int64 = 1024
    private static let maximumTokens = 1_000_000
    private static let maximumTrees: UInt64 = 1000
    /// The shortest head of a tree.
    private static let headLength: UInt64 = 40

    package var parts = ListedParts()
    private let layer: FileSlice
    private var tokens = 0

    static func isHead(_ head: FileStart) -> Bool {
        if isTree(head) { return true }
        if head.has(trees) { return head.bigEndian(4, at: 8) == 32 && head.bigEndian(4, at: 12) == 32 }
        if head.has(trx) { return head.number(4, at: 16) == 28 && (1...2).contains(head.number(2, at: 14)) }
        if head.has(deviceImages) { return head.has("Target", at: Int(deviceHeads.file)) }
        return head.has(blocks) && head.has([0x30, 0x6F, 0xB1, 0x0A], at: 508)
    }

    private static func isTree(_ head: FileStart) -> Bool {
        head.has(tree) && head.bigEndian(4, at: 8) >= headLength && (16...17).contains(head.bigEndian(4, at: 20))
    }

    /// - Throws: `.tooLarge`; `.truncated` if a part is cut.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let head = FileStart(bytes: try layer.bytes(at: 0, count: 64))
        if head.has(Self.tree) {
            try addDeviceTrees()
        } else if head.has(Self.trees) {
            try addTrees(head)
        } else if head.has(Self.trx) {
            try addPartitions(head)
        } else if head.has(Self.deviceImages) {
            try addElements(targets: Int(head[10]))
        } else {
            try addBlocks()
        }
    }

    private mutating func add(_ name: String, _ start: Int64, _ length: Int64) throws(UnpackingError) {
        guard start + length <= layer.size else { throw UnpackingError(.truncated, "the \(name) is cut") }
        try parts.add(name, start..<start + length, of: layer, isGuess: true)
    }

    /// Trees may follow one another, and a FIT may lead to what stands behind it.
    private mutating func addDeviceTrees() throws(UnpackingError) {
        var start: Int64 = 0
        while true {
            let head = FileStart(bytes: try layer.bytes(at: start, count: 64))
            let length = head.bigEndian(4, at: 4)
            guard Self.isTree(head) else { break }
            try addProperties(of: head, at: start)
            guard length >= Self.headLength else { break }
            start += Int64(length)
        }
        if start > 0, start < layer.size { try add("data", start, layer.size - start) }
    }

    /// Tokens of four bytes: 1 and a name begin a node, 2 ends it, 3 is a property, 4 is nothing, 9 is the end.
    private mutating func addProperties(of head: FileStart, at start: Int64) throws(UnpackingError) {
        var offset = start + Int64(head.bigEndian(4, at: 8))
        let names = start + Int64(head.bigEndian(4, at: 12))
        while tokens < Self.maximumTokens {
            tokens += 1
            let token = try layer.bytes(at: offset, count: 12)
            switch token.bigNumber(4, at: 0) {
            case 1:
                let name = try layer.bytes(at: offset + 4, count: 256)
                guard let end = name.firstIndex(of: 0) else { throw UnpackingError(.malformed, "a long name") }
                offset += 4 + Int64(end / 4 + 1) * 4
            case 2, 4: offset += 4
            case 3:
                let length = Int64(token.bigNumber(4, at: 4))
                if length >= Self.shortestImage {
                    let name = try layer.bytes(at: names + Int64(token.bigNumber(4, at: 8)), count: Self.image.count)
                    if name == Self.image || length >= Self.shortest { try add("property", offset + 12, length) }
                }
                offset += 12 + (length + 3) / 4 * 4
            default: return
            }
        }
        throw UnpackingError(.tooLarge, "more tokens than are read")
    }

    private mutating func addTrees(_ head: FileStart) throws(UnpackingError) {
        let count = head.bigEndian(4, at: 16)
        guard count <= Self.maximumTrees else { throw UnpackingError(.tooLarge, "\(count) trees") }
        for number in 0..<Int64(count) {
            let row = try layer.bytes(at: Int64(head.bigEndian(4, at: 20)) + 32 * number, count: 8)
            try add("tree", Int64(row.bigNumber(4, at: 4)), Int64(row.bigNumber(4, at: 0)))
        }
    }

    /// Each partition ends where the next one begins.
    private mutating func addPartitions(_ head: FileStart) throws(UnpackingError) {
        let starts = (0..<4).map { Int64(head.number(4, at: 16 + 4 * $0)) }.filter { $0 > 0 && $0 < layer.size }
        for start in starts { try add("partition", start, (starts.filter { $0 > start }.min() ?? layer.size) - start) }
    }

    private mutating func addElements(targets: Int) throws(UnpackingError) {
        var offset = Self.deviceHeads.file
        for _ in 0..<targets {
            let target = try layer.bytes(at: offset, count: Int(Self.deviceHeads.target))
            guard target.starts(with: Array("Target".utf8)) else { return }
            offset += Self.deviceHeads.target
            for _ in 0..<target.number(4, at: 270) {
                let element = try layer.bytes(at: offset, count: Int(Self.deviceHeads.element))
                guard element.count == Int(Self.deviceHeads.element) else { return }
                let length = Int64(element.number(4, at: 4))
                guard length > 0 else { return }
                try add("element", offset + Self.deviceHeads.element, length)
                offset += Self.deviceHeads.element + length
            }
        }
    }

    private mutating func addBlocks() throws(UnpackingError) {
        var (data, offset) = (ScatteredSlice(layer), Int64(0))
        while offset < layer.size {
            let head = FileStart(bytes: try layer.bytes(at: offset, count: Int(Self.blockHead)))
            guard head.has(Self.blocks) else { break }
            let length = Int64(min(head.number(4, at: 16), Self.blockData))
            let start = offset + Self.blockHead
            try data.append((start..<start + length).clamped(to: 0..<layer.size))
            offset += Self.blockLength
        }
        try parts.add(ListedParts.Part(Array("program".utf8), .layer(data), isGuess: true))
    }

    package var unaccounted: [Range<Int64>] { [] }
}
