import Glibc

/// Reads from `offset` on until `buffer` is full or the file ends, without moving the descriptor's own offset.
///
/// - Returns: the number of bytes read; -1 on an error, which is in `errno`.
package func readAt(_ descriptor: CInt, offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    var filled = 0
    while filled < buffer.count {
        let count = unsafe pread(
            descriptor, buffer.baseAddress! + filled, buffer.count - filled, off_t(offset) + off_t(filled))
        if count < 0 && errno == EINTR { continue }
        if count < 0 { return -1 }
        if count == 0 { break }
        filled += count
    }
    return filled
}
