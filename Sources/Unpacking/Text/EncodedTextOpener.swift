/// The files that a text holds in one encoding: uuencode and xxencode, yEnc, BinHex, or Base64.
package struct EncodedTextOpener: LayerOpener {
    private let layer: FileSlice
    private let isCut: Bool
    private var parts: [EncodedPart]
    private var index = -1

    /// - Parameters:
    ///   - layer: the text.
    ///   - range: the part of it from the first such file on.
    ///   - form: the encoding.
    package init(_ layer: FileSlice, in range: Range<Int64>, form: ContainerForm) throws(UnpackingError) {
        self.layer = layer
        let text = try EncodedText(layer, in: range, isText: form == .base64)
        parts = try EncodedPart.parts(of: text.marks, in: layer, only: form)
        isCut = text.isCut
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        index += 1
        guard index < parts.count else {
            if isCut { throw UnpackingError(.tooLarge, "more than \(EncodedText.maximumMarks) encoded files") }
            return nil
        }
        return LayerPart(name: parts[index].name, isGuess: parts[index].isGuess)
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard parts.indices.contains(index) else { return 0 }
        return try parts[index].decode(layer, into: file, limit: limit)
    }

    package var partCount: Int? { parts.count }
    package var unaccounted: [Range<Int64>] { [] }
}
