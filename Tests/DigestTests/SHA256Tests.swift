import Digest
import Testing

@Suite(.timeLimit(.minutes(1))) struct SHA256Tests {
    /// RFC 6234, section 8.5, and the hash of the empty message.
    @Test(
        arguments: [
            ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
            (
                "0123456701234567012345670123456701234567012345670123456701234567", 10,
                "594847328451bdfa85056225462cc1d867d877fb388df0ce35f25ab5562bfbb5"
            ),
        ])
    func `hashes match the vectors of RFC 6234`(message: String, repetitions: Int, hash: String) {
        let bytes = Array(String(repeating: message, count: repetitions).utf8)
        #expect(hexadecimal(SHA256.hash(bytes)) == hash)
    }

    /// A block has 64 bytes; the padding needs a second block from 56 bytes on.
    @Test(arguments: [0, 1, 55, 56, 63, 64, 65, 127, 128, 1000], [1, 7, 63, 64, 65, 4096])
    func `incremental hashing equals hashing at once`(count: Int, pieceSize: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
        var hash = SHA256()
        for start in stride(from: 0, to: count, by: pieceSize) {
            bytes[start..<min(start + pieceSize, count)].withUnsafeBytes { hash.update($0) }
        }
        #expect(hash.finish() == SHA256.hash(bytes))
    }

    @Test func `empty updates change nothing`() {
        var hash = SHA256()
        hash.update(UnsafeRawBufferPointer(start: nil, count: 0))
        Array("abc".utf8).withUnsafeBytes { hash.update($0) }
        hash.update(UnsafeRawBufferPointer(start: nil, count: 0))
        let result = hash.finish()
        #expect(result == SHA256.hash(Array("abc".utf8)))
        #expect(result.count == SHA256.byteCount)
    }

    struct Authentication: Sendable, CustomTestStringConvertible {
        let name: String
        let key: [UInt8]
        let message: [UInt8]
        let code: String

        var testDescription: String { name }
    }

    /// RFC 4231, section 4. Case 5 is left out: it truncates the code.
    static let authentications = [
        Authentication(
            name: "case 1", key: Array(repeating: 0x0B, count: 20), message: Array("Hi There".utf8),
            code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        Authentication(
            name: "case 2", key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
            code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        Authentication(
            name: "case 3", key: Array(repeating: 0xAA, count: 20), message: Array(repeating: 0xDD, count: 50),
            code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        Authentication(
            name: "case 4", key: Array(0x01...0x19), message: Array(repeating: 0xCD, count: 50),
            code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        Authentication(
            name: "case 6", key: Array(repeating: 0xAA, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        Authentication(
            name: "case 7", key: Array(repeating: 0xAA, count: 131),
            message: Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
            code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
        Authentication(
            name: "empty key and message", key: [], message: [],
            code: "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ]

    @Test(arguments: authentications)
    func `HMACs match the vectors of RFC 4231`(authentication: Authentication) {
        let code = SHA256.hmac(authentication.message, key: authentication.key)
        #expect(hexadecimal(code) == authentication.code)
    }

    @Test func `hexadecimal digits are lowercase and keep leading zeros`() {
        #expect(hexadecimal([0x00, 0x0A, 0x9F, 0xFF]) == "000a9fff")
        #expect(hexadecimal([UInt8]()) == "")
    }
}
