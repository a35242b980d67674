/// One filter of a stream, with its parameters.
struct PDFFilterStep: Equatable {
    let filter: PDFFilter
    var predictor = PDFPredictor()
    var isEarly = true
    /// Of hexadecimal digits: whether other bytes count as zero.
    var countsOthers = false

    init(filter: PDFFilter) { self.filter = filter }

    /// Returns false if a reference leads nowhere.
    mutating func apply(_ parameters: PDFDictionary, _ resolve: (Int64) -> PDFValue?) -> Bool {
        for entry in parameters.entries {
            var value: PDFValue? = entry.value
            if case .reference(let object) = entry.value { value = resolve(object) }
            guard let value else { return false }
            guard case .number(let number) = value else { continue }
            switch entry.key {
            case "Predictor": predictor.kind = number
            case "Colors": predictor.colours = number
            case "BitsPerComponent": predictor.bits = number
            case "Columns": predictor.columns = number
            case "EarlyChange": isEarly = number != 0
            default: break
            }
        }
        return true
    }

    func decode(_ input: [UInt8], limit: Int) -> PDFOutput {
        var output: PDFOutput =
            switch filter {
            case .hex: PDFDecoder.hex(input, countsOthers: countsOthers, limit: limit)
            case .base85: PDFDecoder.base85(input, limit: limit)
            case .lzw: PDFDecoder.lzw(input, isEarly: isEarly, limit: limit)
            case .flate: PDFDecoder.flate(input, limit: limit)
            case .runLength: PDFDecoder.runLength(input, limit: limit)
            // The decryption undoes it.
            case .crypt: PDFOutput(bytes: input)
            case .fax, .jbig2, .jpeg, .jpeg2000: PDFOutput(bytes: input, isDamaged: true)
            }
        if predictor.isNone { return output }
        let (isDamaged, hitLimit) = (output.isDamaged, output.hitLimit)
        output = predictor.decode(output.bytes)
        output.isDamaged = output.isDamaged || isDamaged
        output.hitLimit = hitLimit
        return output
    }
}

extension [PDFFilterStep] {
    /// Decodes one filter after the other. Together they may make at most `limit` bytes.
    ///
    /// - Returns: the output of the last one, and how many bytes all of them made.
    func decode(_ input: [UInt8], limit: Int) -> (output: PDFOutput, made: Int) {
        var (output, made) = (PDFOutput(bytes: input), 0)
        for step in self {
            let next = step.decode(output.bytes, limit: limit - made)
            made += next.bytes.count
            output = PDFOutput(
                bytes: next.bytes, isDamaged: output.isDamaged || next.isDamaged,
                hitLimit: output.hitLimit || next.hitLimit)
            if output.hitLimit { break }
        }
        return (output, made)
    }
}
