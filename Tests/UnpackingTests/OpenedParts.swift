import Unpacking

/// What an opener takes out of a layer, and how it ends.
struct OpenedParts {
    var names: [String] = []
    var contents: [[UInt8]] = []
    var error: UnpackingError?

    /// The contents as text.
    var texts: [String] { contents.map { String(decoding: $0, as: UTF8.self) } }

    init<Opener: LayerOpener & ~Copyable>(
        _ bytes: [UInt8], limit: Int64 = 1 << 20, _ open: (FileSlice) throws(UnpackingError) -> Opener
    ) {
        let file = MemoryFile(bytes)
        do throws(UnpackingError) {
            var opener = try open(FileSlice(descriptor: file.descriptor, start: 0, size: file.size))
            while let part = try opener.next() {
                let scratch = MemoryFile()
                let size = try opener.unpack(into: scratch.descriptor, limit: limit)
                precondition(size == scratch.size)
                names.append(part.name)
                contents.append(scratch.bytes)
            }
        } catch {
            self.error = error
        }
        withExtendedLifetime(file) {}
    }
}

extension [UInt8] {
    /// The layer's sightings, without hints of other libraries.
    func sightings() throws(UnpackingError) -> [Sighting] {
        let file = MemoryFile(self)
        defer { withExtendedLifetime(file) {} }
        return try FormFinder.sightings(
            in: FileSlice(descriptor: file.descriptor, start: 0, size: file.size), magicType: nil, engineType: nil)
    }
}
