internal import CCrypto

/// The hash functions and the cipher of encrypted office documents, by libcrypto.
enum OfficeCipher {
    enum Hash: String {
        case sha1 = "SHA1"
        case sha256 = "SHA256"
        case sha384 = "SHA384"
        case sha512 = "SHA512"

        init?(name: String) { self.init(rawValue: name.filter { $0 != "-" }) }

        var byteCount: Int {
            switch self {
            case .sha1: 20
            case .sha256: 32
            case .sha384: 48
            case .sha512: 64
            }
        }

        private var method: OpaquePointer? {
            switch self {
            case .sha1: unsafe EVP_sha1()
            case .sha256: unsafe EVP_sha256()
            case .sha384: unsafe EVP_sha384()
            case .sha512: unsafe EVP_sha512()
            }
        }

        /// Returns the hash of some bytes, hashed again `rounds` times behind the number of the round.
        func callAsFunction(_ bytes: [UInt8], rounds: UInt32 = 0) -> [UInt8]? {
            guard let context = unsafe EVP_MD_CTX_new() else { return nil }
            defer { unsafe EVP_MD_CTX_free(context) }
            guard var digest = unsafe hash(bytes, context) else { return nil }
            for round in 0..<rounds {
                let number = (0..<4).map { UInt8(truncatingIfNeeded: round >> (8 * $0)) }
                guard let next = unsafe hash(number + digest, context) else { return nil }
                digest = next
            }
            return digest
        }

        private func hash(_ bytes: [UInt8], _ context: OpaquePointer) -> [UInt8]? {
            var isDone = false
            let digest = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
                isDone =
                    unsafe EVP_DigestInit_ex(context, method, nil) == 1
                    && EVP_DigestUpdate(context, bytes, bytes.count) == 1
                    && EVP_DigestFinal_ex(context, buffer.baseAddress, nil) == 1
                count = byteCount
            }
            return isDone ? digest : nil
        }
    }

    /// Decrypts whole blocks of AES, in cipher block chaining if there is a start value. Nil if the key has no valid
    /// length.
    static func decrypt(_ bytes: ArraySlice<UInt8>, key: [UInt8], start: [UInt8]?) -> [UInt8]? {
        let method: OpaquePointer?
        switch (key.count, start == nil) {
        case (16, true): unsafe method = EVP_aes_128_ecb()
        case (24, true): unsafe method = EVP_aes_192_ecb()
        case (32, true): unsafe method = EVP_aes_256_ecb()
        case (16, false): unsafe method = EVP_aes_128_cbc()
        case (24, false): unsafe method = EVP_aes_192_cbc()
        case (32, false): unsafe method = EVP_aes_256_cbc()
        default: return nil
        }
        let input = Array(bytes.prefix(bytes.count / 16 * 16))
        guard start == nil || start?.count == 16, !input.isEmpty, let context = unsafe EVP_CIPHER_CTX_new() else {
            return nil
        }
        defer { unsafe EVP_CIPHER_CTX_free(context) }
        var isDone = false
        let output = unsafe [UInt8](unsafeUninitializedCapacity: input.count + 16) { buffer, count in
            var length: CInt = 0
            isDone =
                unsafe EVP_DecryptInit_ex(context, method, nil, key, start) == 1
                && EVP_CIPHER_CTX_set_padding(context, 0) == 1
                && EVP_DecryptUpdate(context, buffer.baseAddress, &length, input, CInt(input.count)) == 1
            count = isDone ? Int(length) : 0
        }
        return isDone ? output : nil
    }
}
