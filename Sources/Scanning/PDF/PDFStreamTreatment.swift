/// How a PDF stream is treated, so that the bytes that its reader sees are matched.
enum PDFStreamTreatment: Equatable {
    /// The engine decodes it, or it has no filter.
    case engineDecodes
    /// An image, whose decoded bytes are samples.
    ///
    /// The engine skips images, too, and no reader makes a file of the samples. Matching them would cost more than all
    /// the rest of an ordinary document. An image that is attached as a file does not count as one.
    case image
    case decode([PDFFilterStep])
    /// It cannot be decoded. The text says why.
    case unsupported(String)

    /// With these filters only, the engine decodes what a reader does.
    private static let engineFilters: Set<PDFFilter> = [.flate, .hex, .base85]

    /// The treatment that the stream's dictionary requires.
    init(_ dictionary: PDFDictionary) {
        for key in ["Filter", "DecodeParms", "DP"] where dictionary.count(of: key) > 1 {
            self = .unsupported("has more than one /\(key)")
            return
        }
        let isImage = Self.isImage(dictionary)
        guard let names = Self.filterNames(dictionary) else {
            self = isImage ? .image : .unsupported("names its filters by reference")
            return
        }
        var filters: [PDFFilter] = []
        for name in names {
            guard let filter = PDFFilter(name: name) else {
                self = .unsupported("has the filter /\(String(name.prefix(40)))")
                return
            }
            filters.append(filter)
        }
        if isImage {
            self = .image
            return
        }
        guard let steps = Self.steps(filters, dictionary) else {
            self = .unsupported("names its filters' parameters by reference")
            return
        }
        if filters.isEmpty || filters == [.jpeg] {
            self = .engineDecodes
            return
        }
        if let filter = filters.first(where: \.isImageFilter) {
            self = .unsupported("has the filter /\(filter.rawValue) and is not an image")
            return
        }
        // The engine takes every name in the dictionary for a filter, whatever it names: other names mislead it.
        let isPlain =
            dictionary.names.compactMap({ PDFFilter(name: $0) }) == filters && !dictionary.names.contains("Image")
            && Self.engineFilters.isSuperset(of: filters)
        self = isPlain && steps.allSatisfy(\.predictor.isNone) ? .engineDecodes : .decode(steps)
    }

    /// Whether it has an image's size and is not an attached file.
    private static func isImage(_ dictionary: PDFDictionary) -> Bool {
        guard dictionary["Subtype"] == .name("Image"), dictionary.count(of: "Subtype") == 1,
            dictionary["Width"] != nil, dictionary["Height"] != nil, dictionary["Params"] == nil
        else { return false }
        return dictionary["Type"].map { $0 == .name("XObject") } ?? true
    }

    /// Returns nil if one is an indirect reference. Some readers accept `F` for `Filter`; otherwise it names an
    /// external file.
    private static func filterNames(_ dictionary: PDFDictionary) -> [String]? {
        let key = dictionary["Filter"] == nil ? "F" : "Filter"
        switch dictionary[key] {
        case .name(let name): return [name]
        case .array(let values):
            var names: [String] = []
            for value in values {
                guard case .name(let name) = value else { return nil }
                names.append(name)
            }
            return names
        case .reference: return key == "F" ? [] : nil
        default: return []
        }
    }

    /// Returns nil if parameters are an indirect reference.
    private static func steps(_ filters: [PDFFilter], _ dictionary: PDFDictionary) -> [PDFFilterStep]? {
        let given: [PDFValue]
        switch dictionary["DecodeParms"] ?? dictionary["DP"] {
        case .reference: return filters.isEmpty ? [] : nil
        case .array(let values): given = values
        case .some(let value): given = [value]
        case nil: given = []
        }
        var steps: [PDFFilterStep] = []
        for (index, filter) in filters.enumerated() {
            var step = PDFFilterStep(filter: filter)
            if index < given.count, filter == .flate || filter == .lzw {
                if case .reference = given[index] { return nil }
                if case .dictionary(let parameters) = given[index], !step.apply(parameters) { return nil }
            }
            steps.append(step)
        }
        return steps
    }
}

/// One filter of a stream, with its parameters.
struct PDFFilterStep: Equatable {
    let filter: PDFFilter
    var predictor = PDFPredictor()
    var isEarly = true

    init(filter: PDFFilter) { self.filter = filter }

    /// Returns false if one is an indirect reference.
    fileprivate mutating func apply(_ parameters: PDFDictionary) -> Bool {
        for entry in parameters.entries {
            if case .reference = entry.value { return false }
            guard case .number(let number) = entry.value else { continue }
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
            case .hex: PDFDecoder.hex(input, limit: limit)
            case .base85: PDFDecoder.base85(input, limit: limit)
            case .lzw: PDFDecoder.lzw(input, isEarly: isEarly, limit: limit)
            case .flate: PDFDecoder.flate(input, limit: limit)
            case .runLength: PDFDecoder.runLength(input, limit: limit)
            // The document is not encrypted.
            case .crypt: PDFOutput(bytes: input)
            case .fax, .jbig2, .jpeg, .jpeg2000: PDFOutput(isDamaged: true)
            }
        let isDamaged = output.isDamaged
        let hitLimit = output.hitLimit
        output = predictor.decode(output.bytes)
        output.isDamaged = output.isDamaged || isDamaged
        output.hitLimit = hitLimit
        return output
    }
}

/// Decodes one filter after the other.
func decode(_ steps: [PDFFilterStep], _ input: [UInt8], limit: Int) -> PDFOutput {
    var output = PDFOutput(bytes: input)
    for step in steps {
        let next = step.decode(output.bytes, limit: limit)
        output = PDFOutput(
            bytes: next.bytes, isDamaged: output.isDamaged || next.isDamaged, hitLimit: output.hitLimit || next.hitLimit
        )
    }
    return output
}
