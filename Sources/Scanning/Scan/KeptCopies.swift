import CShims
import Glibc
import Unpacking

/// Copies of layers that the engine deletes before they can be opened, one behind the other in a file without a name.
struct KeptCopies {
    private let folder: String
    /// -1 before the first copy.
    private(set) var descriptor: CInt = -1
    private var size: Int64 = 0

    /// - Parameter folder: in which the file is made.
    init(folder: String) { self.folder = folder }

    /// Copies a layer, and returns the offset of the copy.
    ///
    /// - Throws: `.scratch`, `.scratchFull`, `.read`.
    mutating func append(_ layer: FileSlice) throws(UnpackingError) -> Int64 {
        if descriptor < 0 { descriptor = unsafe lz_tmpfile(folder) }
        guard descriptor >= 0 else { throw UnpackingError(.scratch, "no scratch file") }
        try layer.copyBlocks(0..<layer.size, into: descriptor, at: size)
        defer { size += layer.size }
        return size
    }

    mutating func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}
