/// The records of a thermal picture of FLIR, as a file or joined from the segments of a JPEG: exiftool writes the raw
/// picture, the picture of the camera and the palette to files (ExifTool, "FLIR Tags").
package struct ThermalRecords: ListingOpener {
    private static let marks = ["FFF\0", "AFF\0"]
    private static let rowLength = 32
    private static let maximumRecords: UInt64 = 4096
    /// The type of a palette, and where its colours are in it.
    private static let palette: Int64 = 0x22
    private static let colors: Int64 = 0x70
    private static let sound: Int64 = 0x24
    /// The numbers before the picture of other records.
    private static let recordHead: Int64 = 32

    package var parts = ListedParts()

    static func isHead(_ head: FileStart) -> Bool {
        marks.contains { head.has($0) } && directory(head) != nil
    }

    /// Returns where the directory is and how many rows it has. The order of bytes is that of the version.
    private static func directory(_ head: FileStart) -> (offset: UInt64, count: UInt64, isBig: Bool)? {
        let isBig = (100..<200).contains(head.bigEndian(4, at: 20))
        guard isBig || (100..<200).contains(head.number(4, at: 20)) else { return nil }
        let (offset, count) =
            isBig
            ? (head.bigEndian(4, at: 24), head.bigEndian(4, at: 28)) : (head.number(4, at: 24), head.number(4, at: 28))
        return offset >= 32 && count > 0 ? (offset, count, isBig) : nil
    }

    /// - Throws: `.tooLarge`. A record that is cut ends with the layer, as in readers.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        guard let directory = Self.directory(FileStart(bytes: try layer.bytes(at: 0, count: 64))) else { return }
        guard directory.count <= Self.maximumRecords else {
            throw UnpackingError(.tooLarge, "\(directory.count) records")
        }
        let rows = try layer.bytes(at: Int64(directory.offset), count: Int(directory.count) * Self.rowLength)
        for place in stride(from: 0, to: rows.count - Self.rowLength + 1, by: Self.rowLength) {
            let row = FileStart(bytes: Array(rows[place..<place + Self.rowLength]))
            func number(_ count: Int, _ place: Int) -> Int64 {
                Int64(directory.isBig ? row.bigEndian(count, at: place) : row.number(count, at: place))
            }
            let record = (number(4, 12)..<number(4, 12) + number(4, 16)).clamped(to: 0..<layer.size)
            try parts.add("record", record, of: layer, isGuess: true)
            guard record.count > Int(Self.recordHead) else { continue }
            switch number(2, 0) {
            case Self.palette:
                let colors = Int64(try layer.bytes(at: record.lowerBound, count: 1).first ?? 0)
                let start = record.lowerBound + Self.colors
                try parts.add("palette", start..<start + 3 * colors, of: layer, isGuess: true)
            case Self.sound:
                let head = try layer.bytes(at: record.lowerBound, count: 20)
                guard let start = head.index(of: Array("RIFF".utf8)) else { continue }
                try parts.add("sound", record.lowerBound + Int64(start)..<record.upperBound, of: layer, isGuess: true)
            default:
                let picture = record.lowerBound + Self.recordHead..<record.upperBound
                try parts.add("picture", picture, of: layer, use: .picture, isGuess: true)
            }
        }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
