import CShims
import Glibc

/// Files without names for parts that are inspected. A file is used again for the next part: to make one takes a file
/// system longer than to inspect a small part.
struct ScratchFiles {
    private static let most = 32
    private var free: [CInt] = []

    /// Returns an empty file, or -1 with an error in `errno`.
    mutating func take(in folder: String) -> CInt {
        if let file = free.popLast() { return file }
        return unsafe lz_tmpfile(folder)
    }

    /// Takes a file back that nothing reads any more.
    mutating func giveBack(_ file: CInt) {
        if free.count < Self.most, ftruncate(file, 0) == 0 { free.append(file) } else { Glibc.close(file) }
    }

    mutating func close() {
        for file in free { Glibc.close(file) }
        free = []
    }
}
