import TestKit
import Testing
import Transfer

/// Sparse spools of more than 2 and 4 GiB.
struct SpoolOffsetTests {
    @Test(arguments: [(1 << 31) - 4, 1 << 31, (1 << 32) - 4, 1 << 32, 6 << 30] as [Int64])
    func `bytes beyond 2 and 4 GiB are written and read at their offset`(offset: Int64) throws {
        let folder = try TemporaryDirectory()
        let spool = try Spool(in: folder.path, size: offset + 8)
        let written: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        try written.withUnsafeBytes { try spool.write($0, at: offset) }
        var read = [UInt8](repeating: 9, count: 16)
        let count = try read.withUnsafeMutableBytes { try spool.read(into: $0, at: offset - 4) }
        #expect(count == 12 && Array(read.prefix(12)) == [0, 0, 0, 0] + written)
    }
}
