import Testing
import Unpacking

/// The first header of an NSIS installer.
@Suite struct InstallerTests {
    private static func header(_ data: [UInt8], flags: UInt8 = 0) -> [UInt8] {
        let mark: [UInt8] = [0xEF, 0xBE, 0xAD, 0xDE] + Array("NullsoftInst".utf8)
        return [flags, 0, 0, 0] + mark + [0x5A, 0x0F, 0, 0] + [0xED, 0x48, 0, 0] + data
            + [UInt8](repeating: 7, count: 64)
    }

    @Test(
        arguments: [
            ([0xED, 0xBD, 0x0B, 0x78, 0x53, 0x55], true), ([0xDB, 2, 0, 0x80, 0xED, 0x57], false),
            ([0x5D, 0, 0, 0x80, 0, 0], false), ([1, 0x5D, 0, 0, 0x80, 0], false), ([0x31, 0, 0x57, 0xE9, 0xFF], false),
            ([0x5A, 0x0F, 0, 0, 1, 2], false),
        ] as [([UInt8], Bool)])
    func `one deflate stream is told from other packings`(data: [UInt8], isSolid: Bool) throws {
        #expect(try #require(NSISHeader(Self.header(data))).isSolidDeflate == isSolid)
    }

    @Test func `the mark alone is no installer`() throws {
        #expect(NSISHeader(Self.header([1], flags: 0xFF)) == nil)
        let mark: [UInt8] = [0xEF, 0xBE, 0xAD, 0xDE] + Array("NullsoftInst".utf8)
        let words = MemoryFile(Array("words about NSIS".utf8) + mark)
        #expect(try !NSISHeader.isIn(FileSlice(descriptor: words.descriptor, start: 0, size: words.size)))
        let program = MemoryFile([UInt8](repeating: 0x90, count: 700) + Self.header([1, 2, 3, 4, 5]))
        #expect(try NSISHeader.isIn(FileSlice(descriptor: program.descriptor, start: 0, size: program.size)))
    }
}
