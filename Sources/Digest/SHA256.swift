internal import CCrypto

/// An incremental SHA-256 hash (FIPS 180-4), by libcrypto.
///
/// Sendable although it holds a C pointer: the value is the pointer's only owner, and all uses need exclusive access.
@safe package struct SHA256: ~Copyable, @unchecked Sendable {
    package static let byteCount = 32
    private let context: OpaquePointer

    package init() {
        // Both fail only if memory is exhausted, which no caller can handle.
        guard let context = unsafe EVP_MD_CTX_new(), unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            fatalError("libcrypto is out of memory for a SHA-256 context")
        }
        unsafe self.context = context
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
            fatalError("libcrypto failed to hash")
        }
    }

    /// Consumes the value and returns the hash of all bytes passed to `update`.
    package consuming func finish() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            var length: UInt32 = 0
            guard unsafe EVP_DigestFinal_ex(context, buffer.baseAddress, &length) == 1 else {
                fatalError("libcrypto failed to finish a hash")
            }
            count = Int(length)
        }
    }

    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        unsafe bytes.withUnsafeBytes { unsafe hash.update($0) }
        return hash.finish()
    }

    /// Returns the HMAC-SHA-256 of `bytes` (RFC 2104).
    package static func hmac(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            var length: UInt32 = 0
            guard
                unsafe HMAC(EVP_sha256(), key, CInt(key.count), bytes, bytes.count, buffer.baseAddress, &length) != nil
            else { fatalError("libcrypto failed to compute an HMAC") }
            count = Int(length)
        }
    }
}

/// Encodes bytes as lowercase hexadecimal digits.
package func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
    unsafe String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
        var index = 0
        for byte in bytes {
            for nibble in [byte >> 4, byte & 15] {
                unsafe buffer[index] = nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
                index += 1
            }
        }
        return index
    }
}

/// Decodes the digits that `hexadecimal` writes. Returns nil unless the text is lowercase hexadecimal.
package func bytes(ofHexadecimal text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
        guard let high = nibble(digits[index]), let low = nibble(digits[index + 1]) else { return nil }
        bytes.append(high << 4 | low)
    }
    return bytes
}

private func nibble(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
}
