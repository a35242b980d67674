import Unpacking

/// Ways through a container other than unpacking it all, each in a function of its own: an `Archive` cannot be copied, and the
/// testing macros would.
enum Passes {
    static func sizes(_ file: MemoryFile, _ form: ContainerForm, limit: Int64 = .max) throws(UnpackingError) -> [Int64]
    {
        var archive = try Archive(descriptor: file.descriptor, size: file.size, form: form)
        var sizes: [Int64] = []
        while try archive.next() != nil { sizes.append(try archive.measure(limit: limit)) }
        return sizes
    }

    /// The members' bytes, read a piece of 998 bytes at a time.
    static func pieces(_ file: MemoryFile, _ form: ContainerForm) throws(UnpackingError) -> [[UInt8]] {
        var archive = try Archive(descriptor: file.descriptor, size: file.size, form: form)
        var contents: [[UInt8]] = []
        while try archive.next() != nil {
            var room = [UInt8](repeating: 0, count: 1000)
            var content: [UInt8] = []
            var count = try archive.read(into: &room, from: 2)
            while count > 0 {
                content.append(contentsOf: room[2..<2 + count])
                count = try archive.read(into: &room, from: 2)
            }
            contents.append(content)
        }
        return contents
    }

    /// The members' names, of a stretch of a file; all data is passed over.
    static func names(
        _ file: MemoryFile, _ form: ContainerForm, offset: Int64 = 0, size: Int64
    ) throws(UnpackingError) -> [String] {
        var archive = try Archive(descriptor: file.descriptor, offset: offset, size: size, form: form)
        var names: [String] = []
        while let member = try archive.next() { names.append(member.name) }
        return names
    }

    static func unpackFirst(_ file: MemoryFile, _ form: ContainerForm, into descriptor: CInt) throws(UnpackingError) {
        var archive = try Archive(descriptor: file.descriptor, size: file.size, form: form)
        _ = try archive.next()
        _ = try archive.unpack(into: descriptor, limit: .max)
    }

    /// How many members come, whatever becomes of each one's data.
    static func count(_ file: MemoryFile, _ form: ContainerForm, limit: Int64) throws(UnpackingError) -> Int {
        var archive = try Archive(descriptor: file.descriptor, size: file.size, form: form)
        var count = 0
        while try archive.next() != nil {
            count += 1
            _ = try? archive.measure(limit: limit)
        }
        return count
    }
}
