/// The files embedded in a section of OneNote: each stands whole in a `FileDataStoreObject`, between two GUIDs.
/// Source: [MS-ONESTORE], 2.3.1 and 2.6.13.
package struct OneNoteOpener: LayerOpener {
    private let layer: FileSlice
    private let isRevisionStore: Bool
    private var position: Int64 = 0
    private var data: Range<Int64>?
    private var number = 0

    private static let header: [UInt8] = [
        0xE7, 0x16, 0xE3, 0xBD, 0x65, 0x26, 0x11, 0x45, 0xA4, 0xC4, 0x8D, 0x4D, 0x0B, 0x7A, 0x9E, 0xAC,
    ]
    private static let footer: [UInt8] = [
        0x22, 0xA7, 0xFB, 0x71, 0x79, 0x0F, 0x0B, 0x4A, 0xBB, 0x13, 0x89, 0x92, 0x56, 0x42, 0x6B, 0x24,
    ]
    /// `guidFileFormat` of the revision store. A section that was downloaded from a server has another one, and keeps
    /// its files in other structures.
    private static let revisionStore: [UInt8] = [
        0x3F, 0xDD, 0x9A, 0x10, 0x1B, 0x91, 0xF5, 0x49, 0xA5, 0xD0, 0x17, 0x91, 0xED, 0xC8, 0xAE, 0xD8,
    ]
    private static let formatOffset: Int64 = 48
    /// The GUID, the length, and two reserved fields.
    private static let headerLength: Int64 = 36

    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        isRevisionStore = try layer.bytes(at: Self.formatOffset, count: 16) == Self.revisionStore
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        guard let start = try layer.firstOffset(of: Self.header, in: position..<layer.size) else {
            if !isRevisionStore { throw UnpackingError(.method, "a section in the form of a server") }
            return nil
        }
        let length = try layer.bytes(at: start + 16, count: 8).number(8, at: 0)
        let first = start + Self.headerLength
        guard first <= layer.size, length <= UInt64(layer.size - first) else {
            throw UnpackingError(.truncated, "an embedded file of \(length) bytes")
        }
        let end = first + Int64(length)
        guard try layer.firstOffset(of: Self.footer, in: end..<min(layer.size, end + 8 + 16)) != nil else {
            throw UnpackingError(.malformed, "an embedded file without its end")
        }
        (data, position, number) = (first..<end, end, number + 1)
        return LayerPart("file \(number)", size: Int64(length))
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard let data else { return 0 }
        return try layer.copy(data, into: file, limit: limit)
    }

    package var unaccounted: [Range<Int64>] { [] }
}
