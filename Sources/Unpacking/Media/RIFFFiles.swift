/// The files in a RIFF (Microsoft, "Multimedia Programming Interface and Data Specifications 1.0"): the icons of an
/// animated cursor (`ACON`), the song of a `RMID`, and what a WebP and a WAVE say about themselves; texts and data of
/// programs in an AIFF (Apple, "Audio Interchange File Format"). RIFX and AIFF have big-endian lengths.
package struct RIFFFiles: ListingOpener {
    /// The chunks that are files, by the kind of the RIFF.
    private static let files: [String: Set<String>] = [
        "ACON": ["icon"], "RMID": ["data"], "WEBP": ["ICCP", "EXIF"], "WAVE": ["iXML", "axml", "bext", "PAD ", "ICMT"],
        "AIFF": texts, "AIFC": texts,
    ]
    private static let texts: Set<String> = ["NAME", "AUTH", "(c) ", "ANNO", "APPL"]
    private static let maximumChunks = 1_000_000

    package var parts = ListedParts()

    static func isHead(_ head: FileStart) -> Bool {
        (head.has("RIFF") || head.has("RIFX") || head.has("FORM")) && files.keys.contains { head.has($0, at: 8) }
    }

    /// - Throws: `.tooLarge`. A chunk that is cut ends with the layer, as in readers.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        let head = try layer.bytes(at: 0, count: 12)
        let isBig = head.dropFirst(3).first != 0x46
        let files = Self.files[String(decoding: head.suffix(4), as: UTF8.self)] ?? []
        var offset: Int64 = 12
        for _ in 0..<Self.maximumChunks {
            let chunk = try layer.bytes(at: offset, count: 8)
            guard chunk.count == 8 else { return }
            let name = String(decoding: chunk.prefix(4), as: UTF8.self)
            let length = Int64(isBig ? chunk.bigNumber(4, at: 4) : chunk.number(4, at: 4))
            if name == "LIST" {
                // Its kind, and then chunks.
                offset += 12
                continue
            }
            // Damaged Exif alarms no reader of the picture.
            let isGuess = name == "EXIF" || Self.texts.contains(name)
            if files.contains(name) {
                try parts.add(name, offset + 8..<offset + 8 + length, of: layer, isGuess: isGuess)
            }
            offset += 8 + length + length & 1
        }
        throw UnpackingError(.tooLarge, "more chunks than are read")
    }

    package var unaccounted: [Range<Int64>] { [] }
}
