/// The files of an HFS+ volume: the data fork and the resource fork of each file record in the catalog. A file that the
/// file system keeps compressed is decoded.
package struct HFSPlusOpener: LayerOpener {
    private enum Fork: UInt8 {
        case data = 0
        case resource = 0xFF
    }

    private struct ForkKey: Hashable {
        let file: UInt32
        let fork: Fork
    }

    private struct File {
        let name: [UInt8]
        let id: UInt32
        let isCompressed: Bool
        let data: HFSPlusFork
        let resource: HFSPlusFork
    }

    private enum Part {
        case fork(HFSPlusFork, ForkKey)
        case compressed(File)
    }

    private let volume: HFSPlusVolume
    private let catalog: HFSPlusTree
    /// The further extents of long forks, in the order of their blocks.
    private let overflow: [ForkKey: [HFSPlusFork.Extent]]
    private let attributes: HFSPlusAttributes?
    private var leaf = 0
    /// The parts of the current leaf that are still to come, the next one last.
    private var pending: [(name: [UInt8], size: Int64?, part: Part)] = []
    private var current: Part?

    private static let fileRecord: UInt64 = 2
    private static let maximumExtents = 1_000_000
    private static let recordLength = 248
    /// UF_COMPRESSED among the flags of the owner.
    private static let compressed: UInt8 = 0x20

    /// - Throws: `.method` for the classic HFS; `.malformed`, `.truncated` for a damaged volume.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        volume = try HFSPlusVolume(layer)
        overflow = try Self.readOverflow(of: volume)
        catalog = try Self.tree(volume.catalog, 4, of: volume, overflow)
        attributes =
            volume.attributes.size > 0
            ? try HFSPlusAttributes(Self.tree(volume.attributes, 8, of: volume, overflow)) : nil
    }

    private static func tree(
        _ fork: HFSPlusFork, _ id: UInt32, of volume: HFSPlusVolume, _ overflow: [ForkKey: [HFSPlusFork.Extent]]
    ) throws(UnpackingError) -> HFSPlusTree {
        let whole = try whole(fork, ForkKey(file: id, fork: .data), overflow)
        return try HFSPlusTree(HFSPlusForkReader(whole, of: volume))
    }

    private static func readOverflow(
        of volume: HFSPlusVolume
    ) throws(UnpackingError) -> [ForkKey: [HFSPlusFork.Extent]] {
        guard volume.extents.size > 0 else { return [:] }
        let tree = try HFSPlusTree(HFSPlusForkReader(volume.extents, of: volume))
        var found: [ForkKey: [(start: UInt64, extents: [HFSPlusFork.Extent])]] = [:]
        var count = 0
        for leaf in tree.leaves {
            for record in try tree.records(ofLeaf: leaf) {
                guard record.key.count == 10, let fork = Fork(rawValue: record.key[record.key.startIndex]) else {
                    throw UnpackingError(.malformed, "an extent record of an HFS+ volume")
                }
                count += 1
                guard count <= maximumExtents else { throw UnpackingError(.tooLarge, "\(count) extent records") }
                let key = ForkKey(file: UInt32(record.key.bigNumber(4, at: 2)), fork: fork)
                let extents = HFSPlusFork.extents(record.data)
                found[key, default: []].append((record.key.bigNumber(4, at: 6), extents))
            }
        }
        return found.mapValues { records in records.sorted { $0.start < $1.start }.flatMap(\.extents) }
    }

    /// A fork with the extents that did not fit its record.
    private static func whole(
        _ fork: HFSPlusFork, _ key: ForkKey, _ overflow: [ForkKey: [HFSPlusFork.Extent]]
    ) throws(UnpackingError) -> HFSPlusFork {
        guard fork.extentBlocks < fork.blocks else { return fork }
        var whole = fork
        whole.extents += overflow[key] ?? []
        return whole
    }

    private func reader(_ fork: HFSPlusFork, _ key: ForkKey) throws(UnpackingError) -> HFSPlusForkReader {
        try HFSPlusForkReader(Self.whole(fork, key, overflow), of: volume)
    }

    // MARK: LayerOpener

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        while pending.isEmpty {
            guard leaf < catalog.leaves.count else { return nil }
            let records = try catalog.records(ofLeaf: catalog.leaves[leaf])
            leaf += 1
            for record in records where record.data.bigNumber(2, at: 0) == Self.fileRecord { try add(record) }
            pending.reverse()
        }
        guard let (name, size, part) = pending.popLast() else { return nil }
        current = part
        return LayerPart(name: name, size: size)
    }

    private mutating func add(_ record: HFSPlusTree.Record) throws(UnpackingError) {
        let (key, data) = (record.key, record.data)
        let length = Int(key.bigNumber(2, at: 4))
        guard data.count >= Self.recordLength, key.count >= 6 + 2 * length else {
            throw UnpackingError(.malformed, "a file record of an HFS+ volume")
        }
        let units = (0..<length).map { UInt16(key.bigNumber(2, at: 6 + 2 * $0)) }
        let start = data.startIndex
        let file = File(
            name: Array(String(decoding: units, as: UTF16.self).utf8), id: UInt32(data.bigNumber(4, at: 8)),
            isCompressed: data[start + 41] & Self.compressed != 0,
            data: HFSPlusFork(data[start + 88..<start + 168]),
            resource: HFSPlusFork(data[start + 168..<start + 248]))
        // A reader without compression sees the forks as they are.
        if file.isCompressed || attributes?.compressed[file.id] != nil {
            pending.append((file.name, nil, .compressed(file)))
        }
        add(file.data, .data, of: file)
        add(file.resource, .resource, of: file)
    }

    private mutating func add(_ fork: HFSPlusFork, _ kind: Fork, of file: File) {
        guard fork.size > 0 else { return }
        let name = kind == .data ? file.name : file.name + Array("/rsrc".utf8)
        pending.append((name, Int64(clamping: fork.size), .fork(fork, ForkKey(file: file.id, fork: kind))))
    }

    package mutating func unpack(into output: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        switch current {
        case .fork(let fork, let key): return try reader(fork, key).copy(into: output, limit: limit)
        case .compressed(let file):
            guard let value = attributes?.compressed[file.id] else {
                // The flag alone means nothing.
                return 0
            }
            let resource = try reader(file.resource, ForkKey(file: file.id, fork: .resource))
            return try HFSPlusCompression(value, resource: resource).unpack(into: output, limit: limit)
        case nil: return 0
        }
    }

    package var unaccounted: [Range<Int64>] { [] }

    package var isStored: Bool { if case .fork = current { true } else { false } }
}
