/// The content of an object of Git that stands alone, unpacked: behind its kind, its length and a zero (Git user
/// manual, "Object storage format").
package struct GitObjectOpener: ListingOpener {
    private static let kinds = ["blob ", "tree ", "commit ", "tag "]
    private static let longestHead = 32

    private let layer: FileSlice
    package var parts = ListedParts()
    private let end: Int64

    /// Returns the length of an object's head and that of its content, or nil if the bytes are no head.
    private static func head(_ bytes: ArraySlice<UInt8>) -> (head: Int, content: Int64)? {
        guard let kind = kinds.first(where: { bytes.starts(with: $0.utf8) }) else { return nil }
        let digits = bytes.dropFirst(kind.utf8.count).prefix { (0x30...0x39).contains($0) }
        guard (1...18).contains(digits.count), digits.endIndex < bytes.endIndex, bytes[digits.endIndex] == 0 else {
            return nil
        }
        return (digits.endIndex + 1 - bytes.startIndex, digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) })
    }

    static func isHead(_ head: FileStart) -> Bool { Self.head(head.bytes.prefix(longestHead)) != nil }

    /// - Throws: `.truncated` if the content is cut.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let bytes = try layer.bytes(at: 0, count: Self.longestHead)
        guard let (head, content) = Self.head(bytes[...]), content <= layer.size - Int64(head) else {
            throw UnpackingError(.truncated, "an object of Git is cut")
        }
        end = Int64(head) + content
        try parts.add("the content", Int64(head)..<end, of: layer)
    }

    package var unaccounted: [Range<Int64>] { end < layer.size ? [end..<layer.size] : [] }
}
