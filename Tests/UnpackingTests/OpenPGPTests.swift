import Testing
import Unpacking

/// OpenPGP packets built byte by byte (RFC 9580).
@Suite(.timeLimit(.minutes(1))) struct OpenPGPTests {
    private static let words = Array("words that nobody minds".utf8)
    private static let literal = [UInt8(ascii: "b"), 1, UInt8(ascii: "a"), 0, 0, 0, 0] + words

    private static func packet(_ tag: UInt8, _ body: [UInt8]) -> [UInt8] { [0xC0 | tag, UInt8(body.count)] + body }

    private static func isMessage(_ bytes: [UInt8]) throws -> Bool {
        let file = MemoryFile(bytes)
        return try withExtendedLifetime(file) {
            let layer = FileSlice(descriptor: file.descriptor, start: 0, size: file.size)
            return try FormFinder.sightings(in: layer, magicType: nil, engineType: nil).contains { $0.form == .openPGP }
        }
    }

    private static func open(_ bytes: [UInt8]) -> OpenerReads { .read(bytes) { OpenPGPOpener($0) } }

    @Test func `a literal packet is opened, and what follows the last packet is a part`() throws {
        let junk: [UInt8] = [1, 2, 3, 4, 5, 6, 7]
        let bytes = Self.packet(11, Self.literal) + junk
        #expect(try Self.isMessage(bytes))
        #expect(Self.open(bytes).parts == [Self.words, junk])
        #expect(Self.open(bytes).names == ["a"])
    }

    @Test(arguments: [UInt8(9), 18, 20]) func `an encrypted packet is named`(tag: UInt8) throws {
        let key = Self.packet(3, [4, 9, 3, 8, 1, 2, 3, 4, 5, 6, 7, 8, 96])
        let data = Self.packet(tag, [1, 9, 2, 12] + [UInt8](repeating: 7, count: 40))
        for bytes in [key + data, data] {
            #expect(try Self.isMessage(bytes))
            #expect(Self.open(bytes).isEncrypted)
        }
        // Bytes that begin alike, and do not end where the packet does.
        #expect(try !Self.isMessage(data + [0, 0, 0]))
    }

    @Test func `keys and detached signatures are no messages`() throws {
        let signature = Self.packet(2, [4, 0, 22, 8] + [UInt8](repeating: 5, count: 80))
        let key = Self.packet(6, [4, 1, 2, 3, 4, 22] + [UInt8](repeating: 6, count: 40))
        #expect(try !Self.isMessage(signature))
        #expect(try !Self.isMessage(signature + signature))
        #expect(try !Self.isMessage(key + Self.packet(13, Self.words) + signature))
        #expect(try Self.isMessage(signature + Self.packet(11, Self.literal)))
    }

    @Test func `packets that readers pass over, and odd formats, hide nothing`() throws {
        let literal = Self.packet(11, Self.literal)
        for head in [Self.packet(60, [1, 2]), Self.packet(63, [1]), Self.packet(10, Array("PGP".utf8))] {
            #expect(try Self.isMessage(head + literal))
            #expect(Self.open(head + literal).parts == [Self.words])
        }
        let odd = [UInt8(7)] + Self.literal.dropFirst()
        #expect(try Self.isMessage(Self.packet(11, odd)))
        // Longer than the bytes.
        #expect(try Self.isMessage([0xAD, 3, 0xFF] + odd + [UInt8](repeating: 7, count: 60)))
    }

    @Test func `hashes that begin as a packet are no message`() throws {
        let cut: [UInt8] = [0xCB, 0x5E, 0x83, 4, 0x85, 0x72, 0xCB, 0x97, 0x49]
        let named: [UInt8] = [0xCB, 0x12, 0x33, 0xAD]
        for start in [cut, named] {
            #expect(try !Self.isMessage(start + [UInt8](repeating: 0x5A, count: 20 - start.count)))
        }
    }

    @Test func `a cut packet is truncated`() {
        let bytes = Self.packet(11, Self.literal)
        for count in 10..<bytes.count { #expect(Self.open(Array(bytes[..<count])).error == .truncated) }
        #expect(Self.open(bytes).error == nil)
    }

    @Test func `chunks of a byte each are joined`() {
        var bytes: [UInt8] = [0xC0 | 11]
        for byte in Self.literal { bytes += [0xE0, byte] }
        let reads = Self.open(bytes + [0])
        #expect(reads.parts == [Self.words])
    }

    @Test(arguments: ["\n", "\r\n"]) func `an armor in a text is decoded`(lineEnd: String) {
        let body = "ywNiAAAAAAB3b3Jkcw=="
        let lines = [
            "Look:", "-----BEGIN PGP MESSAGE-----", "Version: 1", "", body, "=abcd", "-----END PGP MESSAGE-----", "Bye",
            "-----BEGIN PGP SIGNED MESSAGE-----", "Hash: SHA512", "", "text", "-----BEGIN PGP SIGNATURE-----", "",
            "d29yZHM=", "-----END PGP SIGNATURE-----", "x -----BEGIN PGP MESSAGE-----", "d29yZHM=",
        ]
        let reads = OpenerReads.read(Array(lines.joined(separator: lineEnd).utf8)) { ArmorOpener($0) }
        #expect(reads.parts == [[0xCB, 3, 0x62, 0, 0, 0, 0, 0] + Array("words".utf8), Array("words".utf8)])
    }
}
