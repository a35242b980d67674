/// Encrypted files whose magic number is too short to decide alone, or is none.
extension FileStart {
    var isEncryptedFile: Bool { isSalted || isAESCrypt || isMcrypt || isECryptfs }

    /// `openssl enc`: `Salted__` and eight random bytes, or the same as one block of base64.
    private var isSalted: Bool {
        if has("Salted__") { return isBinary }
        guard has("U2FsdGVkX1"), bytes.count >= 24 else { return false }
        return bytes.prefix(4096).allSatisfy {
            Base64Reader.value(of: $0) != nil || $0 == 0x3D || $0 == 0x0A || $0 == 0x0D
        }
    }

    /// AES Crypt, stream formats 0 to 3: a reserved byte, which format 0 uses for the size modulo 16, and extensions.
    private var isAESCrypt: Bool {
        guard has("AES"), self[3] <= 3, bytes.count > 52 else { return false }
        if self[3] == 0 { return self[4] < 16 }
        guard self[4] == 0 else { return false }
        return self[3] == 1 || Int(self[5]) << 8 + Int(self[6]) < 4096
    }

    /// mcrypt 2.5 and later: `00 6D`, a version, flags, and the algorithm's name.
    private var isMcrypt: Bool {
        guard has([0, 0x6D, 3]) || has([0, 0x6D, 2]) else { return false }
        let name = bytes.dropFirst(4).prefix { $0 != 0 }
        return (3...32).contains(name.count)
            && name.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    /// eCryptfs: two words behind the size of eight bytes whose difference is fixed (`ecryptfs.h`, of Linux).
    private var isECryptfs: Bool {
        guard bytes.count >= 4096 else { return false }
        return (number(4, at: 8) ^ number(4, at: 12)).byteSwapped >> 32 == 0x3C81_B7F5
    }

    /// A physical volume of Core Storage, which FileVault 2 encrypts: the checksum's start value, the version, the
    /// block's type, and `CS`.
    var isCoreStorage: Bool {
        has([0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0x10, 0], at: 4) && has("CS", at: 88)
    }

    /// A database of Jet 3 to ACE whose pages are encrypted. The header from byte 24 on is obscured by a fixed RC4 key;
    /// at 62 it has the key of the pages, which is zero if they are plain. A password alone encrypts nothing.
    var isEncryptedAccess: Bool {
        guard has([0, 1, 0, 0]), has("Standard Jet DB\0", at: 4) || has("Standard ACE DB\0", at: 4), self[20] <= 5
        else { return false }
        return bytes.count > 66 && !has([0xFB, 0x8A, 0xBC, 0x4E], at: 62)
    }
}
