import ScanProtocol
import Testing

struct PacketTests {
    @Test func `numbers, texts and lists survive a round trip`() throws {
        var writer = PacketWriter(tag: 7)
        writer.write(Int64.min)
        writer.write(UInt16(0xBEEF))
        writer.write(true)
        writer.write("grüße 🦠")
        writer.write(["a", "", "c"], atMost: 10) { $0.write($1) }

        var reader = try PacketReader(writer.bytes, count: writer.bytes.count)
        #expect(reader.tag == 7)
        #expect(try reader.number(Int64.self) == .min)
        #expect(try reader.number(UInt16.self) == 0xBEEF)
        #expect(try reader.flag())
        #expect(try reader.text() == "grüße 🦠")
        #expect(
            try reader.list("letters", atMost: 10) { reader throws(PacketError) in try reader.text() } == [
                "a", "", "c",
            ])
        try reader.finish()
    }

    @Test func `a text is cut at a character boundary`() throws {
        var writer = PacketWriter(tag: 1)
        writer.write("aé🦠z", atMost: 6)
        var reader = try PacketReader(writer.bytes, count: writer.bytes.count)
        #expect(try reader.text() == "aé")
    }

    @Test func `control characters are written as spaces`() throws {
        var writer = PacketWriter(tag: 1)
        writer.write("a\u{1B}[31m\n\u{9B}b")
        var reader = try PacketReader(writer.bytes, count: writer.bytes.count)
        #expect(try reader.text() == "a [31m  b")
    }

    @Test func `a list is cut at its limit`() throws {
        var writer = PacketWriter(tag: 1)
        writer.write([1, 2, 3], atMost: 2) { $0.write(UInt8($1)) }
        var reader = try PacketReader(writer.bytes, count: writer.bytes.count)
        #expect(
            try reader.list("numbers", atMost: 2) { reader throws(PacketError) in try reader.number(UInt8.self) } == [
                1, 2,
            ])
    }

    @Test(arguments: [
        ([], PacketError.tooShort), ([1], .tooShort), ([2, 1], .unknownVersion(2)), ([0, 1], .unknownVersion(0)),
    ])
    func `a packet without a header of this version is refused`(bytes: [UInt8], error: PacketError) {
        #expect(throws: error) { try PacketReader(bytes, count: bytes.count) }
    }

    @Test(arguments: [
        ([1, 1, 0xFF, 0xFF, 0x61], PacketError.badText),  // claims 65535 bytes
        ([1, 1, 4, 0, 0x61], .tooShort),
        ([1, 1, 1, 0, 0xFF], .badText),  // not UTF-8
        ([1, 1, 1, 0, 0x07], .badText),  // a control character
        ([1, 1, 2, 0, 0xC2, 0x9B], .badText),  // and one of two bytes
    ])
    func `a text with an invalid length, encoding or character is refused`(bytes: [UInt8], error: PacketError) throws {
        var reader = try PacketReader(bytes, count: bytes.count)
        #expect(throws: error) { try reader.text() }
    }

    @Test func `a packet with unread bytes is refused`() throws {
        let reader = try PacketReader([1, 1, 0], count: 3)
        #expect(throws: PacketError.trailingBytes(1)) { try reader.finish() }
    }

    @Test func `bytes beyond the count are not read`() throws {
        var reader = try PacketReader([1, 1, 5, 6, 7], count: 3)
        #expect(try reader.number(UInt8.self) == 5)
        #expect(throws: PacketError.tooShort) { try reader.number(UInt8.self) }
    }
}
