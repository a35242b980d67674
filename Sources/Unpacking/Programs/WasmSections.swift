/// The custom sections of a WebAssembly module (WebAssembly Core Specification 2.0, 5.5.3), in which files are
/// embedded, and the modules and components of a component (Component Model, "Binary Format").
package struct WasmSections: ListingOpener {
    static let mark: [UInt8] = [0, 0x61, 0x73, 0x6D]
    private static let maximumSections = 100_000
    private static let longestName: UInt64 = 1024
    /// The sections of a component that are modules or components of their own.
    private static let inner: Set<UInt8> = [1, 4]

    package var parts = ListedParts()

    static func isHead(_ head: FileStart) -> Bool { head.has(mark) && head.number(2, at: 6) <= 1 && head[4] > 0 }

    /// Damage ends the list: a module that is cut is not loaded.
    ///
    /// - Throws: `.tooLarge`.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        let isComponent = try layer.bytes(at: 6, count: 2) == [1, 0]
        var offset: Int64 = 8
        for _ in 0..<Self.maximumSections {
            let head = try layer.bytes(at: offset, count: 6)
            guard let type = head.first, let size = Self.number(head[1...]) else { return }
            let start = offset + 1 + Int64(size.count)
            let end = start + Int64(size.value)
            if type == 0, let name = Self.number(try layer.bytes(at: start, count: 5)[...]),
                name.value <= Self.longestName
            {
                let place = start + Int64(name.count)
                let text = String(decoding: try layer.bytes(at: place, count: Int(name.value)), as: UTF8.self)
                let content = place + Int64(name.value)
                if content < end { try parts.add(text, content..<end, of: layer, isGuess: true) }
            }
            if isComponent, Self.inner.contains(type) { try parts.add("module", start..<end, of: layer) }
            offset = end
        }
        throw UnpackingError(.tooLarge, "more sections than are read")
    }

    /// A number of up to 32 bits in LEB128, and how many bytes it has.
    private static func number(_ bytes: ArraySlice<UInt8>) -> (value: UInt64, count: Int)? {
        var value: UInt64 = 0
        for (index, byte) in bytes.prefix(5).enumerated() {
            value |= UInt64(byte & 0x7F) << (7 * UInt64(index))
            if byte & 0x80 == 0 { return (value, index + 1) }
        }
        return nil
    }

    package var unaccounted: [Range<Int64>] { [] }
}
