/// The files of a UDF volume, folder by folder, with their named streams.
package struct UDFOpener: LayerOpener {
    private struct Item {
        let name: [UInt8]
        let address: UDFVolume.Address
    }

    private let volume: UDFVolume
    /// Folders and files that are still to be read, the next one last.
    private var items: [Item]
    private var seen: Set<UDFVolume.Address> = []
    private var current: UDFFileEntry?

    private static let fileSet: UInt64 = 256
    private static let identifier: UInt64 = 257
    private static let longestFolder: Int64 = 64 << 20
    private static let maximumItems = 1_000_000
    /// Characteristics of an entry: deleted, or the folder's own parent.
    private static let skipped: UInt8 = 0x04 | 0x08

    /// - Throws: what is wrong with the volume's descriptors.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        volume = try UDFVolume(layer)
        let set = try volume.block(volume.fileSet)
        guard UDFVolume.isDescriptor(set, Self.fileSet) else { throw UnpackingError(.malformed, "no file set") }
        items = [Item(name: [], address: UDFVolume.longAddress(set[400...]))]
        // A folder of the volume's own streams, from UDF 2.00 on.
        if set.number(4, at: 464) > 0 { items.append(Item(name: [], address: UDFVolume.longAddress(set[464...]))) }
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        current = nil
        while let item = items.popLast() {
            // A file under two names has one entry.
            guard seen.insert(item.address).inserted else { continue }
            let entry = try UDFFileEntry(at: item.address, of: volume)
            if let streams = entry.streams { items.append(Item(name: item.name, address: streams)) }
            guard entry.kind == .folder else {
                guard entry.size > 0 else { continue }
                current = entry
                return LayerPart(name: item.name, size: entry.size)
            }
            try list(entry)
        }
        return nil
    }

    /// Adds what a folder names (ECMA-167, 4/14.4).
    private mutating func list(_ folder: UDFFileEntry) throws(UnpackingError) {
        let bytes = try folder.bytes(of: volume, limit: Self.longestFolder)
        var index = 0
        var found: [Item] = []
        while index < bytes.count {
            let nameLength = Int(bytes.number(1, at: index + 19))
            let start = index + 38 + Int(bytes.number(2, at: index + 36))
            guard start + nameLength <= bytes.count,
                UDFVolume.isDescriptor(Array(bytes[index..<index + 16]), Self.identifier)
            else { throw UnpackingError(.malformed, "a folder's entry at \(index)") }
            if bytes[index + 18] & Self.skipped == 0 {
                let name = Self.name(bytes[start..<start + nameLength])
                found.append(Item(name: name, address: UDFVolume.longAddress(bytes[(index + 20)...])))
            }
            index = (start + nameLength + 3) / 4 * 4
        }
        guard items.count + found.count <= Self.maximumItems, seen.count <= Self.maximumItems else {
            throw UnpackingError(.tooLarge, "more than \(Self.maximumItems) files")
        }
        items += found.reversed()
    }

    /// A name of 8-bit or 16-bit characters, as its first byte says.
    private static func name(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        guard let width = bytes.first else { return [] }
        let rest = bytes.dropFirst()
        let units =
            width == 16
            ? (0..<rest.count / 2).map { UInt16(rest.bigNumber(2, at: 2 * $0)) } : rest.map { UInt16($0) }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard let current else { return 0 }
        guard current.size <= limit else { throw UnpackingError(.tooLarge, "a file of \(current.size) bytes") }
        if let bytes = current.embedded {
            try writeScratch(bytes[...], to: file, at: 0)
        } else {
            let volume = volume
            try current.forEachPiece(of: volume) { piece, offset throws(UnpackingError) in
                try volume.slice.copyBlocks(piece, into: file, at: offset)
            }
            try extendScratch(file, to: current.size)
        }
        return current.size
    }

    package var unaccounted: [Range<Int64>] { [] }
}
