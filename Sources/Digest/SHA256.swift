internal import CCrypto

/// The SHA-256 of bytes that come in pieces (FIPS 180-4), by libcrypto.
///
/// Sendable although it holds a C pointer: nobody else has it, and only who may change this value uses it.
@safe package struct SHA256: ~Copyable, @unchecked Sendable {
    package static let byteCount = 32
    private let context: OpaquePointer

    package init() {
        // Both fail only without memory, which no caller could mend.
        guard let context = unsafe EVP_MD_CTX_new(), unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            fatalError("libcrypto has no memory for a SHA-256 context")
        }
        unsafe self.context = context
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
            fatalError("libcrypto refused to hash")
        }
    }

    /// The 32 bytes of the hash of all that was given so far; ends the use of this value.
    package consuming func finish() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: Self.byteCount) { room, count in
            var length: UInt32 = 0
            guard unsafe EVP_DigestFinal_ex(context, room.baseAddress, &length) == 1 else {
                fatalError("libcrypto refused to finish a hash")
            }
            count = Int(length)
        }
    }

    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        unsafe bytes.withUnsafeBytes { unsafe hash.update($0) }
        return hash.finish()
    }

    /// HMAC-SHA256 (RFC 2104).
    package static func authenticate(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { room, count in
            var length: UInt32 = 0
            guard unsafe HMAC(EVP_sha256(), key, CInt(key.count), bytes, bytes.count, room.baseAddress, &length) != nil
            else { fatalError("libcrypto refused to authenticate") }
            count = Int(length)
        }
    }
}

/// Lowercase hexadecimal.
package func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
    unsafe String(unsafeUninitializedCapacity: bytes.count * 2) { room in
        var index = 0
        for byte in bytes {
            for nibble in [byte >> 4, byte & 15] {
                unsafe room[index] = nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
                index += 1
            }
        }
        return index
    }
}
