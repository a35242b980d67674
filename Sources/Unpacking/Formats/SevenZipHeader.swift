/// The first 32 bytes of a 7z archive. Source: 7zFormat.txt of the LZMA SDK, "SignatureHeader".
package enum SevenZipHeader {
    /// Whether the checksum of the start header is right, so that the magic number did not come about by chance.
    package static func isIntact(_ header: [UInt8]) -> Bool {
        guard header.count >= 32, header[6] == 0 else { return false }
        return header.number(4, at: 8) == UInt64(Array(header[12..<32]).crc32)
    }
}
