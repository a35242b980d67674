internal import CExpat

/// The `data` elements of an XML property list, as far as an Apple disk image needs them.
struct PropertyListData {
    /// One `data` element.
    struct Item {
        /// The keys of the dictionaries that lead to it.
        let keys: [String]
        /// Which array of the document holds it, counted from 0.
        let array: Int
        let bytes: [UInt8]
    }

    private(set) var items: [Item] = []

    static let sizeLimit: Int64 = 64 << 20

    /// - Throws: `.malformed` for what is no XML, elements nested more than 32 deep, and entities.
    init(_ document: [UInt8]) throws(UnpackingError) {
        let state = PropertyListState()
        try state.parse(document)
        items = state.items
    }
}

@safe private final class PropertyListState {
    private struct Level {
        let name: String
        var key = ""
        var array = 0
    }

    private(set) var items: [PropertyListData.Item] = []
    private var levels: [Level] = []
    private var text: [UInt8] = []
    private var arrays = 0
    private var isRejected = false
    private var stop: () -> Void = {}

    private static let depthLimit = 32

    func parse(_ document: [UInt8]) throws(UnpackingError) {
        guard let parser = unsafe XML_ParserCreate(nil) else {
            throw UnpackingError(.memory, "no memory for a property list")
        }
        defer { unsafe XML_ParserFree(parser) }
        unsafe XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        unsafe XML_SetElementHandler(
            parser, { context, name, _ in unsafe state(context)?.begin(String(cString: name!)) },
            { context, _ in unsafe state(context)?.end() })
        unsafe XML_SetCharacterDataHandler(parser) { context, bytes, count in
            unsafe state(context)?.text.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: Int(count)))
        }
        unsafe XML_SetEntityDeclHandler(parser) { context, _, _, _, _, _, _, _, _ in unsafe state(context)?.reject() }
        stop = { unsafe _ = XML_StopParser(parser, XML_FALSE) }
        defer { stop = {} }
        let status = unsafe document.withUnsafeBytes { bytes in
            unsafe XML_Parse(
                parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(bytes.count), CInt(XML_TRUE))
        }
        guard status == XML_STATUS_OK, !isRejected else {
            throw UnpackingError(.malformed, "an unreadable property list")
        }
    }

    private func reject() {
        isRejected = true
        stop()
    }

    private func begin(_ name: String) {
        guard levels.count < Self.depthLimit else { return reject() }
        var level = Level(name: name)
        if name == "array" {
            level.array = arrays
            arrays += 1
        }
        levels.append(level)
        text = []
    }

    private func end() {
        guard !isRejected, let level = levels.popLast() else { return }
        defer { text = [] }
        if level.name == "key", !levels.isEmpty {
            levels[levels.count - 1].key = String(decoding: text, as: UTF8.self)
        } else if level.name == "data" {
            let keys = levels.filter { $0.name == "dict" }.map(\.key)
            let array = levels.last { $0.name == "array" }?.array ?? 0
            items.append(PropertyListData.Item(keys: keys, array: array, bytes: text.decodedBase64))
        }
    }
}

private func state(_ context: UnsafeMutableRawPointer?) -> PropertyListState? {
    unsafe context.map { unsafe Unmanaged<PropertyListState>.fromOpaque($0).takeUnretainedValue() }
}

extension [UInt8] {
    /// The bytes that base64 stands for (RFC 4648, section 4). Other characters are skipped, as readers of property
    /// lists skip blanks.
    fileprivate var decodedBase64: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(count / 4 * 3)
        var (bits, width): (UInt32, Int) = (0, 0)
        for byte in self {
            let value: UInt8
            switch byte {
            case 0x41...0x5A: value = byte - 0x41
            case 0x61...0x7A: value = byte - 0x61 + 26
            case 0x30...0x39: value = byte - 0x30 + 52
            case 0x2B: value = 62
            case 0x2F: value = 63
            default: continue
            }
            bits = bits << 6 | UInt32(value)
            width += 6
            if width >= 8 {
                width -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> UInt32(width)))
            }
        }
        return output
    }
}
