/// A B-tree of HFS+: fixed nodes in a fork. Some readers follow the chain of leaves, others search from the root, so
/// both ways must lead to the same leaves.
struct HFSPlusTree {
    /// One record of a leaf.
    struct Record {
        let key: ArraySlice<UInt8>
        let data: ArraySlice<UInt8>
    }

    private static let descriptorLength = 14
    private static let leaf: UInt8 = 0xFF
    private static let index: UInt8 = 0
    private static let deepest = 32

    private let fork: HFSPlusForkReader
    private let nodeSize: Int
    private let nodes: UInt32
    /// The leaves, in the order of their keys.
    private(set) var leaves: [UInt32] = []

    /// - Throws: `.malformed` if the chain of leaves and the index disagree.
    init(_ fork: HFSPlusForkReader) throws(UnpackingError) {
        self.fork = fork
        let header = try fork.bytes(0..<512)
        guard header.count == 512, header[8] == 1 else { throw Self.damaged("no header node") }
        nodeSize = Int(header.bigNumber(2, at: 32))
        guard nodeSize >= 512, nodeSize <= 32768, nodeSize.nonzeroBitCount == 1 else {
            throw Self.damaged("nodes of \(nodeSize) bytes")
        }
        nodes = UInt32(clamping: fork.size / Int64(nodeSize))
        let (root, first) = (UInt32(header.bigNumber(4, at: 16)), UInt32(header.bigNumber(4, at: 24)))
        guard root > 0 else { return }
        leaves = try chain(from: first)
        guard try leaves == indexed(from: root) else { throw Self.damaged("its index and its leaves differ") }
    }

    private func node(_ number: UInt32) throws(UnpackingError) -> [UInt8] {
        guard number > 0, number < nodes else { throw Self.damaged("node \(number)") }
        let start = Int64(number) * Int64(nodeSize)
        return try fork.bytes(start..<start + Int64(nodeSize))
    }

    private func chain(from first: UInt32) throws(UnpackingError) -> [UInt32] {
        var leaves: [UInt32] = []
        var next = first
        while next != 0 {
            guard leaves.count < Int(nodes) else { throw Self.damaged("a ring of leaves") }
            leaves.append(next)
            let start = Int64(next) * Int64(nodeSize)
            guard next < nodes else { throw Self.damaged("node \(next)") }
            let descriptor = try fork.bytes(start..<start + Int64(Self.descriptorLength))
            guard descriptor[8] == Self.leaf else { throw Self.damaged("node \(next) is no leaf") }
            next = UInt32(descriptor.bigNumber(4, at: 0))
        }
        return leaves
    }

    /// The leaves below a node, level by level.
    private func indexed(from root: UInt32) throws(UnpackingError) -> [UInt32] {
        var level = [root]
        for _ in 0..<Self.deepest {
            var below: [UInt32] = []
            var areLeaves = false
            for number in level {
                let bytes = try node(number)
                switch bytes[8] {
                case Self.leaf: areLeaves = true
                case Self.index where !areLeaves:
                    for record in try records(of: bytes) { below.append(UInt32(record.data.bigNumber(4, at: 0))) }
                default: throw Self.damaged("node \(number) is of another kind than its level")
                }
                guard below.count <= Int(nodes) else { throw Self.damaged("a ring of nodes") }
            }
            if areLeaves { return level }
            level = below
        }
        throw Self.damaged("more than \(Self.deepest) levels")
    }

    func records(ofLeaf number: UInt32) throws(UnpackingError) -> [Record] { try records(of: try node(number)) }

    /// The offsets of the records stand at the node's end, the first one last.
    private func records(of node: [UInt8]) throws(UnpackingError) -> [Record] {
        let count = Int(node.bigNumber(2, at: 10))
        guard node.count == nodeSize, Self.descriptorLength + 2 * (count + 1) <= nodeSize else {
            throw Self.damaged("a node of \(count) records")
        }
        var records: [Record] = []
        for index in 0..<count {
            let start = Int(node.bigNumber(2, at: nodeSize - 2 * (index + 1)))
            let end = Int(node.bigNumber(2, at: nodeSize - 2 * (index + 2)))
            guard start >= Self.descriptorLength, start + 2 <= end, end <= nodeSize - 2 * (count + 1) else {
                throw Self.damaged("a record at \(start)")
            }
            let keyLength = Int(node.bigNumber(2, at: start))
            let keyEnd = start + 2 + keyLength
            // The data begin at an even offset.
            let data = keyEnd + keyEnd % 2
            guard data <= end else { throw Self.damaged("a key of \(keyLength) bytes") }
            records.append(Record(key: node[start + 2..<keyEnd], data: node[data..<end]))
        }
        return records
    }

    private static func damaged(_ detail: String) -> UnpackingError {
        UnpackingError(.malformed, "a B-tree of an HFS+ volume: \(detail)")
    }
}
