/// Archives of games that readers recognise by their last bytes.
extension FormFinder {
    /// How far before the end the mark of an archive of Unreal stands: more fields follow in later versions.
    private static let unrealMarks: [Int64] = [44, 172, 204, 205]
    private static let unrealMark: UInt64 = 0x5A6F_12E1
    private static let godotMark = Array("GDPC".utf8)

    /// Whether an archive of Unreal or Godot ends a layer.
    static func endsAsGameArchive(_ slice: FileSlice) throws(UnpackingError) -> Bool {
        // A version, and where the list of files is.
        for place in unrealMarks where slice.size > place {
            let mark = try slice.bytes(at: slice.size - place, count: 24)
            guard mark.number(4, at: 0) == unrealMark, (1...20).contains(mark.number(4, at: 4)) else { continue }
            let (start, isTooLarge) = mark.number(8, at: 8).addingReportingOverflow(mark.number(8, at: 16))
            if !isTooLarge, start <= UInt64(slice.size) { return true }
        }
        // The archive's length and its mark, which it begins with as well.
        let end = try slice.bytes(at: slice.size - 12, count: 12)
        guard end.count == 12, end.suffix(4) == godotMark[...] else { return false }
        let start = slice.size - 12 - Int64(bounding: end.number(8, at: 0))
        return try slice.bytes(at: start, count: 4) == godotMark
    }
}
