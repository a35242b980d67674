/// Compressed RTF ([MS-OXRTFCP]): a header of 16 bytes, then runs of eight literals or references into a window of
/// 4 KiB that begins with common words of RTF.
enum CompressedRTF {
    private static let compressed: UInt64 = 0x7546_5A4C
    private static let plain: UInt64 = 0x414C_454D
    private static let windowLength = 4096
    private static let initialText = Array(
        ("{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
            + "\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
            + "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx").utf8)

    static func isHead(_ head: FileStart) -> Bool { head.number(4, at: 8) == compressed && head.bytes.count > 16 }

    /// Decodes as far as the bytes go. Bytes without a valid header are taken as they are.
    static func decode(
        _ slice: FileSlice, in range: Range<Int64>, to writer: inout ScratchWriter
    ) throws(UnpackingError) {
        let head = try slice.bytes(at: range.lowerBound, count: 16)
        let start = range.lowerBound + 16
        guard head.count == 16, head.number(4, at: 8) == compressed, start <= range.upperBound else {
            let isPlain = head.count == 16 && head.number(4, at: 8) == plain
            let text = (isPlain ? start : range.lowerBound)..<range.upperBound
            return try slice.forEachBlock(in: text) { block throws(UnpackingError) in try writer.append(block) }
        }
        var window = initialText + [UInt8](repeating: 0, count: windowLength - initialText.count)
        var position = initialText.count
        var input = Input(slice, in: start..<range.upperBound)
        while let flags = try input.next() {
            for bit in 0..<8 {
                guard let byte = try input.next() else { return }
                if flags >> UInt8(bit) & 1 == 0 {
                    window[position] = byte
                    position = (position + 1) % windowLength
                    try writer.append(byte)
                    continue
                }
                guard let low = try input.next() else { return }
                let from = Int(byte) << 4 | Int(low >> 4)
                // A reference to the place that is written next ends the text.
                if from == position { return }
                for step in 0..<Int(low & 15) + 2 {
                    let copied = window[(from + step) % windowLength]
                    window[position] = copied
                    position = (position + 1) % windowLength
                    try writer.append(copied)
                }
            }
        }
    }

    private struct Input {
        private let slice: FileSlice
        private let range: Range<Int64>
        private var offset: Int64
        private var block: ArraySlice<UInt8> = []

        init(_ slice: FileSlice, in range: Range<Int64>) {
            self.slice = slice
            self.range = range
            offset = range.lowerBound
        }

        mutating func next() throws(UnpackingError) -> UInt8? {
            if block.isEmpty {
                guard offset < range.upperBound else { return nil }
                block = try slice.bytes(at: offset, count: Int(min(1 << 16, range.upperBound - offset)))[...]
                offset += Int64(block.count)
            }
            return block.popFirst()
        }
    }
}

/// The text of a compressed RTF by itself, as Outlook keeps the body of a message in a stream ([MS-OXMSG] 2.4).
package struct CompressedRTFOpener: SinglePartOpener {
    private let layer: FileSlice
    package var isTaken = false

    package init(_ layer: FileSlice) { self.layer = layer }

    package var part: LayerPart { LayerPart("body.rtf") }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        var writer = ScratchWriter(file, limit: limit)
        try CompressedRTF.decode(layer, in: 0..<layer.size, to: &writer)
        return try writer.finish()
    }
}
