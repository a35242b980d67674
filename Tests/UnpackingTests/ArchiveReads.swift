import Unpacking

/// Ways to read a container other than unpacking it completely. Each is a function, since the testing macros would copy
/// an `Archive`, which is noncopyable.
enum ArchiveReads {
    static func sizes(_ file: MemoryFile, _ form: ContainerForm, limit: Int64 = .max) throws(UnpackingError) -> [Int64]
    {
        var archive = try Archive(descriptor: file.descriptor, size: file.size, form: form)
        var sizes: [Int64] = []
        while try archive.next() != nil { sizes.append(try archive.measure(limit: limit)) }
        return sizes
    }

    /// The members' bytes, read in pieces of 998 bytes.
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

    /// The members' names of a container within a file. All data is skipped.
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

    /// The number of members, including those whose data cannot be read.
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
