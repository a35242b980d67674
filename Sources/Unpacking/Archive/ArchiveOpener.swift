/// The parts of a container that libarchive reads: every member that has bytes, whatever its mode.
package struct ArchiveOpener: LayerOpener, ~Copyable {
    private var archive: Archive
    private let layerSize: Int64

    /// - Throws: what is wrong with the container's beginning.
    package init(_ layer: FileSlice, form: ContainerForm) throws(UnpackingError) {
        layerSize = layer.size
        archive = try Archive(descriptor: layer.descriptor, offset: layer.start, size: layer.size, form: form)
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        while let member = try archive.next() {
            guard member.holdsData else { continue }
            return LayerPart(member.name, size: member.size, isEncrypted: member.isEncrypted)
        }
        return nil
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        try archive.unpack(into: file, limit: limit)
    }

    /// The bytes after the container's end.
    package var unaccounted: [Range<Int64>] {
        guard let count = archive.trailingBytes, count > 0 else { return [] }
        return [layerSize - count..<layerSize]
    }
}
