/// Where an embedded file lies in the native data of an OLE 1 object: what the Windows packager stores
/// ([MS-OLEDS], 2.2.5 and 2.3.6; the package itself is undocumented).
enum OLEPackage {
    private static let headLength = 8192

    /// Returns the range of the file in native data that begin with a package. Nil if they do not.
    ///
    /// - Parameter read: returns at most that many bytes from an offset of the native data on.
    static func file(
        in size: Int64, read: (Int64, Int) throws(UnpackingError) -> [UInt8]
    ) throws(UnpackingError) -> (name: [UInt8], range: Range<Int64>)? {
        let head = try read(0, headLength)
        guard head.count > 16, head.number(2, at: 0) == 2 else { return nil }
        var index = 2
        func text() -> [UInt8]? {
            guard index < head.count, let end = head[index...].firstIndex(of: 0) else { return nil }
            defer { index = end + 1 }
            return Array(head[index..<end])
        }
        guard let label = text(), text() != nil else { return nil }
        // A link has no file.
        guard head.number(2, at: index + 2) == 3 else { return nil }
        index += 4
        let pathLength = Int64(head.number(4, at: index))
        let start = Int64(index) + 4 + pathLength
        guard pathLength < Int64(headLength), start + 4 <= size else { return nil }
        let length = Int64(try read(start, 4).number(4, at: 0))
        return (label, start + 4..<min(size, start + 4 + length))
    }
}
