/// The end record of a ZIP that a lenient reader would find at an object's end (APPNOTE.TXT, "End of central directory
/// record").
struct LenientZipEnd {
    static let localHeaderSignature: UInt32 = 0x0403_4B50
    private static let endSignature = "PK\u{05}\u{06}"
    private static let entrySignature: UInt32 = 0x0201_4B50
    private static let locatorSignature: UInt32 = 0x0706_4B50

    /// The record's offset in the object.
    let offset: Int64

    /// Finds the last record that leads to an entry. Bytes after the record do not matter: readers ignore them.
    init?(in tail: Chunk, of bytes: ObjectBytes) {
        for index in tail.all(Self.endSignature).reversed() {
            guard let entries = tail.number(at: index + 10, as: UInt16.self), entries > 0,
                let length = tail.number(at: index + 12, as: UInt32.self),
                let comment = tail.number(at: index + 20, as: UInt16.self)
            else { continue }
            let offset = tail.start + Int64(index)
            guard offset + 22 + Int64(comment) <= bytes.size else { continue }
            // With a ZIP64 record these numbers may be meaningless.
            let isZip64 = index >= 20 && tail.number(at: index - 20, as: UInt32.self) == Self.locatorSignature
            let directory = bytes.chunk(at: offset - Int64(length), 4)
            guard isZip64 || directory.number(at: 0, as: UInt32.self) == Self.entrySignature else { continue }
            self.offset = offset
            return
        }
        return nil
    }
}
