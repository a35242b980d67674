import TestKit
import Testing

@testable import Unpacking

/// Parts that have bytes in common.
extension CarriedFileTests {
    @Test func `a part that several entries lead to is taken once`() throws {
        let icon = try Self.sample(
            "(lambda one: one[:4] + bytes([9]) + one[5:6] + struct.pack('<BBBBHHII', 8, 8, 0, 0, 1, 32, 33, 150) * 9"
                + " + payload)(carried.ico([payload]))")
        #expect(try Self.parts(of: icon) == [Array(Self.payload.utf8)])
    }

    @Test(arguments: [
        """
        packed = zlib.compress(bytes(9000))
        rows = b''.join(b'zoo ' + struct.pack('>IIII', 2024, len(packed) - n % 4, 9000, 0) for n in range(99))
        out.write(struct.pack('>4sIIHHIHHIIIII', b'wOFF', 0x10000, 0, 99, 0, 0, 1, *[0] * 6) + rows + packed)
        """,
        """
        one = bytearray(carried.elf([('.debug_a', 0x800, carried.packed_section(bytes(900000)))] * 20))
        table, = struct.unpack_from('<Q', one, 40)
        first, = struct.unpack_from('<Q', one, table + 88)
        for n in range(20): struct.pack_into('<QQ', one, table + 64 * n + 88, first, 4000 + n)
        out.write(one)
        """,
    ]) func `packed parts may not share their bytes`(script: String) throws {
        // Each begins with the same byte, and ends elsewhere.
        let error = try #require(throws: UnpackingError.self) { try Self.parts(of: try Self.written(script)) }
        #expect(error.code == .malformed)
    }

    @Test func `packed parts of the same bytes are taken`() throws {
        let section = "('.debug_a', 0x800, carried.packed_section(payload))"
        #expect(try Self.parts(of: try Self.sample("carried.elf([\(section)] * 9)")).count == 9)
        #expect(throws: Never.self) { try Self.parts(of: try Self.sample("carried.woff([(b'a   ', payload)] * 9)")) }
    }
}
