internal import Glibc

extension [UInt8] {
    /// Returns the index of the first occurrence of `pattern` from `start` on, or nil.
    package func index(of pattern: [UInt8], from start: Int = 0) -> Int? {
        unsafe withUnsafeBytes { bytes in
            var index = start
            while index + pattern.count <= bytes.count {
                let here = unsafe bytes.baseAddress! + index
                let candidates = bytes.count - index - pattern.count + 1
                guard let found = unsafe memchr(here, CInt(pattern[0]), candidates) else { return nil }
                if unsafe memcmp(found, pattern, pattern.count) == 0 {
                    return unsafe UnsafeRawPointer(found) - bytes.baseAddress!
                }
                index += unsafe UnsafeRawPointer(found) - here + 1
            }
            return nil
        }
    }
}
