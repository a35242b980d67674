internal import Glibc
internal import Support

/// Writes all of `bytes` at an offset of a scratch file.
func write(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt, at offset: Int64) throws(UnpackingError) {
    var done = 0
    while done < bytes.count {
        let target = off_t(offset) + off_t(done)
        let count = unsafe pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, target)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw scratchError() }
        done += count
    }
}

/// Writes all of `bytes` at an offset of a scratch file.
///
/// - Throws: `.scratch`, `.scratchFull`.
package func writeScratch(_ bytes: ArraySlice<UInt8>, to descriptor: CInt, at offset: Int64) throws(UnpackingError) {
    let result = unsafe bytes.withUnsafeBytes { bytes in
        Result { () throws(UnpackingError) in try unsafe write(bytes, to: descriptor, at: offset) }
    }
    try result.get()
}

/// The error for the calling thread's `errno`.
func scratchError() -> UnpackingError {
    let error = SystemError("the unpacked bytes cannot be written")
    return UnpackingError(error.isDiskFull ? .scratchFull : .scratch, error.description)
}

/// Returns the length of a regular file, or nil for anything else.
package func fileLength(of descriptor: CInt) -> Int64? {
    var info = stat()
    guard descriptor >= 0, unsafe fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int64(info.st_size)
}
