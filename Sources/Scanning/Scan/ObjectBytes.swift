import Support

/// Random access to an object's bytes.
struct ObjectBytes {
    let size: Int64
    /// Returns up to `count` bytes from an offset: fewer at the end, none if they cannot be read.
    let read: (_ offset: Int64, _ count: Int) -> [UInt8]

    init(size: Int64, read: @escaping (_ offset: Int64, _ count: Int) -> [UInt8]) {
        self.size = size
        self.read = read
    }

    /// - Parameter descriptor: of a regular file; its offset is left alone.
    init(descriptor: CInt, size: Int64) {
        self.init(size: size) { offset, count in
            var bytes = [UInt8](repeating: 0, count: count)
            let done = unsafe bytes.withUnsafeMutableBytes { unsafe readAt(descriptor, offset: offset, into: $0) }
            bytes.removeLast(count - max(0, done))
            return bytes
        }
    }

    func chunk(at start: Int64, _ count: Int) -> Chunk {
        guard start >= 0, start < size else { return Chunk(start: min(max(0, start), size), bytes: []) }
        return Chunk(start: start, bytes: read(start, Int(min(Int64(count), size - start))))
    }
}
