import Glibc

/// Reads from `offset` on until `room` is full or the file ends, and leaves the descriptor's own offset alone.
///
/// - Returns: the number of bytes that came; -1 and `errno` where that fails.
package func readAt(_ descriptor: CInt, offset: Int64, into room: UnsafeMutableRawBufferPointer) -> Int {
    var filled = 0
    while filled < room.count {
        let count = unsafe pread(
            descriptor, room.baseAddress! + filled, room.count - filled, off_t(offset) + off_t(filled))
        if count < 0 && errno == EINTR { continue }
        if count < 0 { return -1 }
        if count == 0 { break }
        filled += count
    }
    return filled
}
