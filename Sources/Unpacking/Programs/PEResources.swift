/// The files in the resources of a Windows program (Microsoft, "PE Format", "The .rsrc Section"): data, pages, fonts,
/// packed icons, and whatever has a name of its own. Menus, texts, bitmaps and the like are structures, which are
/// matched with the program. Those of .NET are parts as well (ECMA-335, II.24.2.4 and II.25.3.3).
package struct PEResources: ListingOpener {
    private static let icon: UInt64 = 3
    /// Cursor, bitmap, menu, dialog, strings, accelerators, messages, groups of cursors and icons, version, and what
    /// resource editors keep.
    private static let structures: Set<UInt64> = [1, 2, 4, 5, 6, 9, 11, 12, 14, 16, 17, 240, 241]
    private static let maximumEntries = 20_000
    /// Of .NET, with those that are empty.
    private static let maximumManaged = 1_000_000

    private struct Section {
        let address: UInt64
        let range: Range<Int64>
    }

    /// One directory of the tree: of types, of names in a type, of languages of a name.
    private struct Directory: Hashable {
        let offset: Int64
        let depth: Int
        /// The type's number, or nil if it has a name.
        var type: UInt64?
    }

    private let layer: FileSlice
    package var parts = ListedParts(maximum: maximumEntries)
    private var sections: [Section] = []

    static func isHead(_ head: FileStart) -> Bool {
        let place = Int(head.number(4, at: 0x3C))
        guard head.has("MZ"), place < ContainerForm.detectionLength else { return false }
        return head.has([0x50, 0x45, 0, 0], at: place) || head.has("NE", at: place)
    }

    /// - Throws: `.tooLarge` with more entries than are read. Damage ends the list: Windows starts the program without.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let start = Int64(try layer.bytes(at: 0x3C, count: 4).number(4, at: 0)) + 4
        guard try layer.bytes(at: start - 4, count: 2) != Array("NE".utf8) else {
            try listOld(from: start - 4)
            return
        }
        let head = try layer.bytes(at: start, count: 20 + 240)
        let optional = 20 + (head.number(2, at: 20) == 0x20B ? 112 : 96)
        // The third entry of the data directories is that of the resources.
        let address = head.number(4, at: optional + 16)
        let table = start + 20 + Int64(head.number(2, at: 16))
        for number in 0..<Int64(head.number(2, at: 2)) {
            let row = try layer.bytes(at: table + 40 * number, count: 40)
            guard row.count == 40 else { break }
            let (size, place) = (Int64(row.number(4, at: 16)), Int64(row.number(4, at: 20)))
            let range = (place..<place + size).clamped(to: 0..<layer.size)
            sections.append(Section(address: row.number(4, at: 12), range: range))
        }
        if address > 0, let root = offset(of: address) { try list(root) }
        // The last but one entry is that of .NET's header, which has the address and the length of its resources.
        guard let managed = offset(of: head.number(4, at: optional + 112)) else { return }
        try listManaged(try layer.bytes(at: managed + 24, count: 8))
    }

    /// Resources of a program of 16 bits (Microsoft, "Executable-File Header Format"): types with rows of offsets and
    /// lengths in units, up to a type of zero.
    private mutating func listOld(from start: Int64) throws(UnpackingError) {
        var place = start + Int64(try layer.bytes(at: start + 0x24, count: 2).number(2, at: 0))
        let unit = try layer.bytes(at: place, count: 2).number(2, at: 0)
        guard unit < 16 else { return }
        place += 2
        var entries = 0
        func count() throws(UnpackingError) {
            entries += 1
            guard entries <= Self.maximumEntries else {
                throw UnpackingError(.tooLarge, "more than \(Self.maximumEntries) resources")
            }
        }
        while true {
            try count()
            let head = try layer.bytes(at: place, count: 8)
            let type = head.number(2, at: 0)
            guard head.count == 8, type > 0 else { return }
            place += 8
            for _ in 0..<head.number(2, at: 2) {
                try count()
                let row = try layer.bytes(at: place, count: 12)
                guard row.count == 12 else { return }
                place += 12
                let isStructure = type >= 0x8000 && (Self.structures.contains(type & 0x7FFF) || type == 0x8003)
                let offset = Int64(row.number(2, at: 0) << unit)
                let range = offset..<offset + Int64(row.number(2, at: 2) << unit)
                if !isStructure { try parts.add("resource", range, of: layer) }
            }
        }
    }

    /// Resources of .NET, each behind its length, at multiples of eight.
    private mutating func listManaged(_ directory: [UInt8]) throws(UnpackingError) {
        guard directory.count == 8, var place = offset(of: directory.number(4, at: 0)) else { return }
        let (first, end) = (place, min(layer.size, place + Int64(directory.number(4, at: 4))))
        for _ in 0..<Self.maximumManaged {
            guard place + 4 < end else { return }
            let length = Int64(try layer.bytes(at: place, count: 4).number(4, at: 0))
            try parts.add("resource of .NET", place + 4..<min(end, place + 4 + length), of: layer)
            place = first + (place + 4 + length - first + 7) / 8 * 8
        }
        throw UnpackingError(.tooLarge, "more resources of .NET than are read")
    }

    private func offset(of address: UInt64) -> Int64? {
        let section = sections.first {
            address > 0 && address >= $0.address && address - $0.address < UInt64($0.range.count)
        }
        return section.map { $0.range.lowerBound + Int64(address - $0.address) }
    }

    private mutating func list(_ root: Int64) throws(UnpackingError) {
        // Two types may share a directory: each is listed.
        var (pending, seen, entries): ([Directory], Set<Directory>, Int) = ([Directory(offset: root, depth: 0)], [], 0)
        while let directory = pending.popLast() {
            let head = try layer.bytes(at: directory.offset, count: 16)
            guard head.count == 16 else { continue }
            let count = Int(head.number(2, at: 12) + head.number(2, at: 14))
            let rows = try layer.bytes(at: directory.offset + 16, count: 8 * count)
            for place in stride(from: 0, to: rows.count - 7, by: 8) {
                let (name, target) = (rows.number(4, at: place), rows.number(4, at: place + 4))
                entries += 1
                guard entries <= Self.maximumEntries else {
                    throw UnpackingError(.tooLarge, "more than \(Self.maximumEntries) resources")
                }
                let type = directory.depth > 0 ? directory.type : name < 1 << 31 ? name : nil
                let offset = root + Int64(target & 0x7FFF_FFFF)
                if target < 1 << 31 {
                    try addLeaf(at: offset, type)
                } else if directory.depth < 2 {
                    let inner = Directory(offset: offset, depth: directory.depth + 1, type: type)
                    if seen.insert(inner).inserted { pending.append(inner) }
                }
            }
        }
    }

    private mutating func addLeaf(at offset: Int64, _ type: UInt64?) throws(UnpackingError) {
        if let type, Self.structures.contains(type) { return }
        let entry = try layer.bytes(at: offset, count: 8)
        guard entry.count == 8, let start = self.offset(of: entry.number(4, at: 0)) else { return }
        let range = start..<start + Int64(entry.number(4, at: 4))
        let isPNG = try layer.bytes(at: start, count: 4) == [0x89, 0x50, 0x4E, 0x47]
        if type == Self.icon, !isPNG { return }
        let name = type.map { "resource of type \($0)" } ?? "resource"
        try parts.add(name, range, of: layer, use: isPNG ? .picture : .file)
    }

    package var unaccounted: [Range<Int64>] { [] }
}
