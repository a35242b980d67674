/// A file that `mkzftree` packed: a header, a table of the blocks' places, and each block as a zlib stream (the Linux
/// kernel's "zisofs" format, version 1).
package struct ZisofsOpener: SinglePartOpener {
    static let mark: [UInt8] = [0x37, 0xE4, 0x53, 0x96, 0xC9, 0xDB, 0xD6, 7]
    private static let maximumBlocks: Int64 = 1 << 20

    private let layer: FileSlice
    private let size: Int64
    private let headerLength: Int64
    private let blockSize: Int64
    package var isTaken = false

    /// - Throws: `.method` for a block size that no writer uses; `.tooLarge` for more blocks than are read.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let header = try layer.bytes(at: 0, count: 16)
        guard header.count == 16 else { throw UnpackingError(.truncated, "no whole header") }
        size = Int64(header.number(4, at: 8))
        headerLength = Int64(header[12]) * 4
        guard (15...17).contains(header[13]), headerLength >= 16 else {
            throw UnpackingError(.method, "a zisofs with blocks of another size")
        }
        blockSize = 1 << Int64(header[13])
        guard size / blockSize < Self.maximumBlocks else {
            throw UnpackingError(.tooLarge, "a zisofs of \(size) bytes")
        }
    }

    package var part: LayerPart { LayerPart("the file", size: size) }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard size <= limit else { throw UnpackingError(.tooLarge, "more than \(limit) bytes") }
        let count = (size + blockSize - 1) / blockSize
        let table = try layer.bytes(at: headerLength, count: Int(4 * (count + 1)))
        guard table.count == Int(4 * (count + 1)) else { throw UnpackingError(.truncated, "no whole table of blocks") }
        var written: Int64 = 0
        for block in 0..<Int(count) {
            let (start, end) = (Int64(table.number(4, at: 4 * block)), Int64(table.number(4, at: 4 * block + 4)))
            guard start <= end, end <= layer.size else {
                throw UnpackingError(.malformed, "a block ends before it begins")
            }
            let wanted = min(blockSize, size - written)
            // A block without bytes stands for zeros.
            if start < end {
                let place = written
                _ = try layer[start..<end].inflate(.zlib, limit: wanted) { bytes, offset throws(UnpackingError) in
                    try writeScratch(bytes, to: file, at: place + offset)
                }
            } else {
                try writeScratch([UInt8](repeating: 0, count: Int(wanted))[...], to: file, at: written)
            }
            written += wanted
        }
        return size
    }
}
