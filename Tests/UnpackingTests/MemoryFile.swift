import CShims
import Glibc
import Support

/// An unnamed file in memory.
final class MemoryFile: Sendable {
    let descriptor: CInt

    init(_ bytes: [UInt8] = []) {
        descriptor = lz_memfd("sample")
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(done)) }
            precondition(count > 0)
            done += count
        }
    }

    deinit { close(descriptor) }

    var size: Int64 {
        var facts = stat()
        fstat(descriptor, &facts)
        return Int64(facts.st_size)
    }

    var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = bytes.withUnsafeMutableBytes { readAt(descriptor, offset: 0, into: $0) }
        precondition(count == bytes.count)
        return bytes
    }

    func cut(to length: Int64) { precondition(ftruncate(descriptor, off_t(length)) == 0) }
}
