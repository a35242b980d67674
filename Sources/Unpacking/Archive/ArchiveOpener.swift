/// The parts of a container that libarchive reads: every member that has bytes, whatever its mode.
package struct ArchiveOpener: LayerOpener, ~Copyable {
    private var archive: Archive
    private let layer: FileSlice
    /// Of a tar: the bytes that each member gave. See `TarAccount`.
    private var delivered: [Int64] = []
    private var linkTarget: [UInt8] = []
    /// The number of members listed, of any kind.
    package private(set) var listed = 0
    /// Whether the bytes are a container of this form beyond doubt: a member was listed, or a byte of a single stream
    /// decoded.
    package private(set) var isProven = false

    /// - Throws: what is wrong with the container's beginning.
    package init(_ layer: FileSlice, form: ContainerForm) throws(UnpackingError) {
        self.layer = layer
        if form == .cpio { try CpioHeaders.check(layer) }
        archive = try Archive(descriptor: layer.descriptor, offset: layer.start, size: layer.size, form: form)
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        while let member = try archive.next() {
            listed += 1
            if !archive.form.isSingleStream { isProven = true }
            if archive.form == .tar { delivered.append(0) }
            guard member.holdsData else { continue }
            linkTarget = member.linkTarget
            return LayerPart(member.name, size: member.size, isEncrypted: member.isEncrypted)
        }
        return nil
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        defer { if archive.current.position > 0 { isProven = true } }
        let size = try archive.unpack(into: file, limit: limit)
        if archive.form == .tar { delivered[delivered.count - 1] = size }
        guard size == 0, !linkTarget.isEmpty else { return size }
        // Some readers write a link's target as a file's content.
        guard Int64(linkTarget.count) <= limit else { throw UnpackingError(.tooLarge, "the target of a link") }
        try writeScratch(linkTarget[...], to: file, at: 0)
        return Int64(linkTarget.count)
    }

    /// The bytes after the container's end, and the data of a tar that libarchive did not give.
    package var unaccounted: [Range<Int64>] {
        let unread = archive.form == .tar ? try? TarAccount(layer).unread(delivered: delivered) : []
        guard let unread else { return [0..<layer.size] }
        guard let count = archive.trailingBytes, count > 0 else { return unread }
        return unread + [layer.size - count..<layer.size]
    }
}
