/// The parts of a container that libarchive reads: every member that has bytes, whatever its mode.
package struct ArchiveOpener: LayerOpener, ~Copyable {
    private var archive: Archive
    private let layerSize: Int64
    private var linkTarget: [UInt8] = []
    /// The number of members listed, of any kind.
    package private(set) var listed = 0
    /// Whether the bytes are a container of this form beyond doubt: a member was listed, or a byte of a single stream
    /// decoded.
    package private(set) var isProven = false

    /// - Throws: what is wrong with the container's beginning.
    package init(_ layer: FileSlice, form: ContainerForm) throws(UnpackingError) {
        layerSize = layer.size
        archive = try Archive(descriptor: layer.descriptor, offset: layer.start, size: layer.size, form: form)
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        while let member = try archive.next() {
            listed += 1
            if !archive.form.isSingleStream { isProven = true }
            guard member.holdsData else { continue }
            linkTarget = member.linkTarget
            return LayerPart(member.name, size: member.size, isEncrypted: member.isEncrypted)
        }
        return nil
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        defer { if archive.current.position > 0 { isProven = true } }
        let size = try archive.unpack(into: file, limit: limit)
        guard size == 0, !linkTarget.isEmpty else { return size }
        // Some readers write a link's target as a file's content.
        guard Int64(linkTarget.count) <= limit else { throw UnpackingError(.tooLarge, "the target of a link") }
        try writeScratch(linkTarget[...], to: file, at: 0)
        return Int64(linkTarget.count)
    }

    /// The bytes after the container's end.
    package var unaccounted: [Range<Int64>] {
        guard let count = archive.trailingBytes, count > 0 else { return [] }
        return [layerSize - count..<layerSize]
    }
}
