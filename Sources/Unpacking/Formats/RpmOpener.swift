/// The payload of an RPM package: all that follows its headers. Source: "RPM V4 Package format", and rpm's own limits.
package struct RpmOpener: SinglePartOpener {
    private static let leadLength: Int64 = 96
    private static let headerMark: [UInt8] = [0x8E, 0xAD, 0xE8, 1]
    /// rpm refuses a header of more entries or bytes.
    private static let maximumEntries: UInt64 = 0xFFFF
    private static let maximumStore: UInt64 = 256 << 20
    /// What rpm packs and has packed a payload with, and the archives in it.
    private static let payloadForms: Set<ContainerForm> = [.gzip, .bzip2, .xz, .lzma, .zstd, .cpio, .tar]

    private let layer: FileSlice
    private let payload: Range<Int64>
    package var isTaken = false

    /// - Throws: `.malformed` or `.truncated` if a header is not as rpm writes it, or if the payload is neither cpio
    /// nor   packed: readers that look elsewhere for the payload would find another one.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        guard try layer.bytes(at: 0, count: 4) == [0xED, 0xAB, 0xEE, 0xDB] else {
            throw UnpackingError(.malformed, "no lead")
        }
        let signatureEnd = try Self.end(ofHeaderAt: Self.leadLength, in: layer)
        // The signature is padded to eight bytes.
        let start = try Self.end(ofHeaderAt: (signatureEnd + 7) / 8 * 8, in: layer)
        let head = try layer.bytes(at: start, count: ContainerForm.detectionLength)
        guard let form = ContainerForm(startingWith: head), Self.payloadForms.contains(form) else {
            throw UnpackingError(.malformed, "no packed payload behind the headers")
        }
        payload = start..<layer.size
    }

    /// The offset behind a header: 16 bytes, 16 for each entry, and the store that the entries point into.
    private static func end(ofHeaderAt offset: Int64, in layer: FileSlice) throws(UnpackingError) -> Int64 {
        let intro = try layer.bytes(at: offset, count: 16)
        guard intro.count == 16 else { throw UnpackingError(.truncated, "a header is cut") }
        guard intro.starts(with: headerMark) else { throw UnpackingError(.malformed, "a header without its mark") }
        let (entries, store) = (bigEndian(intro[8..<12]), bigEndian(intro[12..<16]))
        guard entries <= maximumEntries, store <= maximumStore else {
            throw UnpackingError(.malformed, "a header of \(entries) entries and \(store) bytes")
        }
        return offset + 16 + Int64(entries) * 16 + Int64(store)
    }

    private static func bigEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    package var part: LayerPart { LayerPart(size: Int64(payload.count)) }

    package func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        try layer.copy(payload, into: file, limit: limit)
    }
}
