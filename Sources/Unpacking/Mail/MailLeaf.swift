internal import CGMime

/// A part of a letter that has bytes of its own, as GMime sees it.
struct MailLeaf: Sendable, Equatable {
    /// An encoding that GMime decodes here. The bytes of another part stand for themselves.
    enum Encoding: Sendable { case base64, quotedPrintable }

    let name: [UInt8]
    let range: Range<Int64>
    /// Nil if its bytes stand for themselves, or are uuencoded.
    let encoding: Encoding?
}

extension MailLeaf {
    /// The leaf to the end of its last line. In a letter whose lines end in CR LF, GMime takes two bytes before a
    /// boundary for such a line end, also where they are the last letter of the body and a LF.
    func toEndOfLine(in layer: FileSlice, atMost length: Int64) throws(UnpackingError) -> MailLeaf {
        let next = try layer.bytes(at: range.upperBound, count: Int(length))
        let rest = next.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        guard !range.isEmpty, !rest.isEmpty, rest.count < next.count else { return self }
        return MailLeaf(
            name: name, range: range.lowerBound..<range.upperBound + Int64(rest.count), encoding: encoding)
    }
}

extension MailLeaf.Encoding {
    private static let blockLength = 64 << 10

    /// Decodes a stretch as GMime does.
    func decode(_ slice: FileSlice, in range: Range<Int64>, to writer: inout ScratchWriter) throws(UnpackingError) {
        var state = GMimeEncoding()
        unsafe g_mime_encoding_init_decode(
            &state, self == .base64 ? GMIME_CONTENT_ENCODING_BASE64 : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE)
        var offset = range.lowerBound
        while offset < range.upperBound {
            let block = try slice.bytes(at: offset, count: Int(min(Int64(Self.blockLength), range.upperBound - offset)))
            guard !block.isEmpty else { break }
            offset += Int64(block.count)
            let capacity = unsafe g_mime_encoding_outlen(&state, block.count) + 64
            let decoded = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
                count = unsafe block.withUnsafeBytes { input in
                    unsafe output.withMemoryRebound(to: CChar.self) { output in
                        unsafe g_mime_encoding_step(
                            &state, input.bindMemory(to: CChar.self).baseAddress, input.count, output.baseAddress)
                    }
                }
            }
            try writer.append(decoded)
        }
    }
}
