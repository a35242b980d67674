/// An OOXML document that is encrypted under the password that Excel tries by itself ([MS-OFFCRYPTO], 2.3.4): a
/// workbook that was only protected. It opens without a question, so that its content can be inspected.
struct OfficePackage {
    private enum Method {
        /// AES in one block after the other.
        case standard
        /// AES in segments of 4096 bytes, whose start values are hashes of this salt and the segment's number.
        case agile(OfficeCipher.Hash, salt: [UInt8])
    }

    private let key: [UInt8]
    private let method: Method

    /// [MS-XLSB] 2.2.10, [MS-OFFCRYPTO] 2.3.4.
    private static let password: [UInt8] = Array("VelvetSweatshop".utf8).flatMap { [$0, 0] as [UInt8] }
    /// Office writes 100,000. More rounds would cost too much.
    private static let maximumRounds: UInt32 = 200_000
    private static let segmentLength: Int64 = 4096

    /// - Parameter info: the stream `EncryptionInfo`.
    /// - Returns: nil if it is encrypted under another password or in another way.
    init?(info: [UInt8]) {
        guard info.count > 8 else { return nil }
        switch (info.number(2, at: 0), info.number(2, at: 2)) {
        case (4, 4): self.init(agile: String(decoding: info.dropFirst(8), as: UTF8.self))
        case (2...4, 2): self.init(standard: info)
        default: return nil
        }
    }

    /// The header, then salt and verifier (2.3.4.5 to 2.3.4.9).
    private init?(standard info: [UInt8]) {
        let headerLength = Int(info.number(4, at: 8))
        let start = 12 + headerLength
        guard headerLength >= 32, start + 72 <= info.count else { return nil }
        let keyLength = Int(info.number(4, at: 12 + 16)) / 8
        let salt = Array(info[start + 4..<start + 20])
        guard info.number(4, at: start) == 16,
            let rounds = OfficeCipher.Hash.sha1(salt + Self.password, rounds: 50_000),
            let final = OfficeCipher.Hash.sha1(rounds + [0, 0, 0, 0])
        else { return nil }
        let halves = [UInt8(0x36), 0x5C].compactMap { pad in
            let padded: [UInt8] = final.map { $0 ^ pad } + [UInt8](repeating: pad, count: 44)
            return OfficeCipher.Hash.sha1(padded)
        }
        let key = Array(halves.joined().prefix(keyLength))
        guard let verifier = OfficeCipher.decrypt(info[start + 20..<start + 36], key: key, start: nil),
            let expected = OfficeCipher.decrypt(info[start + 40..<start + 72], key: key, start: nil),
            let actual = OfficeCipher.Hash.sha1(verifier), expected.starts(with: actual)
        else { return nil }
        (self.key, method) = (key, .standard)
    }

    /// An XML text (2.3.4.10 to 2.3.4.15).
    private init?(agile text: String) {
        guard let data = Self.attributes(of: "keyData", in: text),
            let wrapped = Self.attributes(of: "encryptedKey", in: text),
            let hash = data["hashAlgorithm"].flatMap(OfficeCipher.Hash.init(name:)),
            let keyHash = wrapped["hashAlgorithm"].flatMap(OfficeCipher.Hash.init(name:)),
            data["cipherAlgorithm"] == "AES", data["cipherChaining"] == "ChainingModeCBC",
            let rounds = wrapped["spinCount"].flatMap(UInt32.init), rounds <= Self.maximumRounds,
            let keyBits = wrapped["keyBits"].flatMap(Int.init), (128...256).contains(keyBits)
        else { return nil }
        let salt = Self.base64(wrapped["saltValue"])
        guard let base = keyHash(salt + Self.password, rounds: rounds) else { return nil }
        func unwrap(_ name: String, _ block: [UInt8]) -> [UInt8]? {
            guard var key = keyHash(base + block) else { return nil }
            key = Array((key + [UInt8](repeating: 0x36, count: 32)).prefix(keyBits / 8))
            return OfficeCipher.decrypt(
                Self.base64(wrapped[name])[...], key: key, start: Self.startValue(salt))
        }
        guard let verifier = unwrap("encryptedVerifierHashInput", [0xFE, 0xA7, 0xD2, 0x76, 0x3B, 0x4B, 0x9E, 0x79]),
            let expected = unwrap("encryptedVerifierHashValue", [0xD7, 0xAA, 0x0F, 0x6D, 0x30, 0x61, 0x34, 0x4E]),
            let actual = keyHash(verifier), expected.starts(with: actual),
            let key = unwrap("encryptedKeyValue", [0x14, 0x6E, 0x0B, 0xE7, 0xAB, 0xAC, 0xD0, 0xD6])
        else { return nil }
        self.key = Array(key.prefix(keyBits / 8))
        method = .agile(hash, salt: Self.base64(data["saltValue"]))
    }

    /// Decrypts the stream `EncryptedPackage`: the document's size in eight bytes, then whole blocks.
    func decrypt(_ stream: ScatteredSlice, into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        let declared = try stream.bytes(at: 0, count: 8).number(8, at: 0)
        let size = min(Int64(clamping: declared), stream.size - 8)
        guard size <= limit else { throw UnpackingError(.tooLarge, "\(size) bytes") }
        var written: Int64 = 0
        var segment: UInt32 = 0
        while written < size {
            let input = try stream.bytes(at: 8 + written, count: Int(Self.segmentLength))
            guard let output = decrypt(input, segment) else {
                throw UnpackingError(.malformed, "an encrypted document that cannot be decrypted")
            }
            let wanted = output.prefix(Int(min(Int64(output.count), size - written)))
            try writeScratch(wanted, to: file, at: written)
            written += Int64(wanted.count)
            segment += 1
        }
        return size
    }

    private func decrypt(_ input: [UInt8], _ segment: UInt32) -> [UInt8]? {
        guard case .agile(let hash, let salt) = method else {
            return OfficeCipher.decrypt(input[...], key: key, start: nil)
        }
        let number = (0..<4).map { UInt8(truncatingIfNeeded: segment >> (8 * $0)) }
        return hash(salt + number).flatMap {
            OfficeCipher.decrypt(input[...], key: key, start: Self.startValue($0))
        }
    }

    private static func startValue(_ bytes: [UInt8]) -> [UInt8] {
        Array((bytes + [UInt8](repeating: 0x36, count: 16)).prefix(16))
    }

    private static func base64(_ text: String?) -> [UInt8] {
        var reader = Base64Reader()
        for character in (text ?? "").utf8.prefix(4096) { reader.add(character) }
        reader.finishGroup()
        return reader.take()
    }

    /// The attributes of the first element of a name, whatever its prefix.
    private static func attributes(of element: String, in text: String) -> [String: String]? {
        for tag in text.prefix(1 << 16).split(separator: "<") {
            let tag = tag.prefix { $0 != ">" }
            guard let name = tag.split(whereSeparator: \.isWhitespace).first,
                name.split(separator: ":").last == element[...]
            else { continue }
            var found: [String: String] = [:]
            let pieces = tag.split(separator: "\"", omittingEmptySubsequences: false)
            for (key, value) in zip(pieces, pieces.dropFirst()) {
                guard let key = key.split(whereSeparator: { $0.isWhitespace || $0 == "=" }).last else { continue }
                found[String(key)] = String(value)
            }
            return found
        }
        return nil
    }
}
