import Testing
import Unpacking

@Suite(.timeLimit(.minutes(1))) struct RpmTests {
    /// The payload as the opener copies it.
    private static func payload(of bytes: [UInt8]) throws(UnpackingError) -> [UInt8] {
        let (file, room) = (MemoryFile(bytes), MemoryFile([]))
        var opener = try RpmOpener(FileSlice(descriptor: file.descriptor, start: 0, size: file.size))
        guard let part = try opener.next(), try opener.next() == nil else { return [] }
        let size = try opener.unpack(into: room.descriptor, limit: 1 << 20)
        #expect(part.size == size)
        return try FileSlice(descriptor: room.descriptor, start: 0, size: size).bytes(at: 0, count: Int(size))
    }

    @Test func `the payload is what follows the headers`() throws {
        let packed = try Self.payload(of: try Samples.bytes("gzip.rpm"))
        let inner = MemoryFile(try #require(ArchiveFixture(MemoryFile(packed)).contents.first))
        #expect(Set(ArchiveFixture(inner).contents) == Set(Samples.plain.values))
    }

    @Test func `headers of other lengths are an error, not another payload`() throws {
        let package = try Samples.bytes("gzip.rpm")
        // The lead's mark, the headers' marks, and the number of entries and of bytes of each.
        for place in [0, 96, 104, 105, 107, 108, 110, 111, 136, 144, 147, 148, 150, 151] {
            for value: UInt8 in [0, 0x42, 0xFF] where package[place] != value {
                var changed = package
                changed[place] = value
                let error = #expect(throws: UnpackingError.self, "\(place): \(value)") {
                    try Self.payload(of: changed).count
                }
                #expect(error?.code == .malformed || error?.code == .truncated)
            }
        }
    }

    @Test func `a cut package is an error`() throws {
        let package = try Samples.bytes("gzip.rpm")
        for length in [4, 95, 96, 110, 140, 170] {
            #expect(throws: UnpackingError.self) { try Self.payload(of: Array(package.prefix(length))).count }
        }
    }
}
