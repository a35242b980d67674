import Unpacking

/// What an opener takes out of some bytes.
struct OpenerReads {
    var names: [String] = []
    var parts: [[UInt8]] = []
    var isEncrypted = false
    var error: UnpackingError.Code?

    /// Reads every part that `open` takes out of `bytes`, and stops at the first error.
    static func read<Opener: LayerOpener & ~Copyable>(
        _ bytes: [UInt8], _ open: (FileSlice) throws(UnpackingError) -> Opener
    ) -> OpenerReads {
        let file = MemoryFile(bytes)
        var reads = OpenerReads()
        withExtendedLifetime(file) {
            do throws(UnpackingError) {
                var opener = try open(FileSlice(descriptor: file.descriptor, start: 0, size: file.size))
                while let part = try opener.next() {
                    reads.names.append(part.name)
                    if part.isEncrypted { reads.isEncrypted = true }
                    let room = MemoryFile([])
                    let size = try opener.unpack(into: room.descriptor, limit: 64 << 20)
                    let slice = FileSlice(descriptor: room.descriptor, start: 0, size: size)
                    reads.parts.append(try slice.bytes(at: 0, count: Int(size)))
                }
                for range in opener.unaccounted {
                    let slice = FileSlice(descriptor: file.descriptor, start: 0, size: file.size)
                    reads.parts.append(try slice.bytes(at: range.lowerBound, count: range.count))
                }
            } catch {
                reads.error = error.code
            }
        }
        return reads
    }
}
