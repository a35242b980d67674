/// What is to be done about a stream of a PDF, so that what its reader sees is matched.
enum PDFStreamView: Equatable {
    /// The engine undoes its filters, or there are none.
    case seen
    /// A picture: what comes out is samples.
    ///
    /// The engine leaves pictures out as well, and of what it is to be shown no reader makes a file. To match them would
    /// cost more than all the rest of an ordinary document. A picture that is attached as a file in its own right is none.
    case picture
    case undo([PDFStep])
    /// Nothing here undoes it, and why.
    case unknown(String)

    /// What is no more than these makes the engine's decoder do as a reader does.
    private static let engineUndoes: Set<PDFFilter> = [.flate, .hex, .base85]

    /// Decides by the dictionary alone.
    init(_ dictionary: PDFDictionary) {
        for key in ["Filter", "DecodeParms", "DP"] where dictionary.count(of: key) > 1 {
            self = .unknown("has more than one /\(key)")
            return
        }
        let isPicture = Self.isPicture(dictionary)
        guard let names = Self.filterNames(dictionary) else {
            self = isPicture ? .picture : .unknown("names its filters by reference")
            return
        }
        var filters: [PDFFilter] = []
        for name in names {
            guard let filter = PDFFilter(name: name) else {
                self = .unknown("has the filter /\(String(name.prefix(40)))")
                return
            }
            filters.append(filter)
        }
        if isPicture {
            self = .picture
            return
        }
        guard let steps = Self.steps(filters, dictionary) else {
            self = .unknown("names its filters' parameters by reference")
            return
        }
        if filters.isEmpty || filters == [.jpeg] {
            self = .seen
            return
        }
        if let filter = filters.first(where: \.isPictures) {
            self = .unknown("has the filter /\(filter.rawValue) and is no picture")
            return
        }
        // The engine takes the names as they come, whatever they are the names of: others than the filters lead it astray.
        let isPlain =
            dictionary.names.compactMap({ PDFFilter(name: $0) }) == filters && !dictionary.names.contains("Image")
            && Self.engineUndoes.isSuperset(of: filters)
        self = isPlain && steps.allSatisfy(\.predictor.isNone) ? .seen : .undo(steps)
    }

    /// A picture has a size, and is no file that is attached.
    private static func isPicture(_ dictionary: PDFDictionary) -> Bool {
        guard dictionary["Subtype"] == .name("Image"), dictionary.count(of: "Subtype") == 1,
            dictionary["Width"] != nil, dictionary["Height"] != nil, dictionary["Params"] == nil
        else { return false }
        return dictionary["Type"].map { $0 == .name("XObject") } ?? true
    }

    /// nil where one of them stands elsewhere. Some readers take the abbreviated key, which else is an external file's.
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

    /// nil where parameters stand elsewhere.
    private static func steps(_ filters: [PDFFilter], _ dictionary: PDFDictionary) -> [PDFStep]? {
        let given: [PDFValue]
        switch dictionary["DecodeParms"] ?? dictionary["DP"] {
        case .reference: return filters.isEmpty ? [] : nil
        case .array(let values): given = values
        case .some(let value): given = [value]
        case nil: given = []
        }
        var steps: [PDFStep] = []
        for (index, filter) in filters.enumerated() {
            var step = PDFStep(filter: filter)
            if index < given.count, filter == .flate || filter == .lzw {
                if case .reference = given[index] { return nil }
                if case .dictionary(let parameters) = given[index], !step.take(parameters) { return nil }
            }
            steps.append(step)
        }
        return steps
    }
}

/// One filter of a stream, with its parameters.
struct PDFStep: Equatable {
    let filter: PDFFilter
    var predictor = PDFPredictor()
    var isEarly = true

    init(filter: PDFFilter) { self.filter = filter }

    /// False where one of them stands elsewhere.
    fileprivate mutating func take(_ parameters: PDFDictionary) -> Bool {
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

    func undo(_ input: [UInt8], limit: Int) -> PDFOutput {
        var output: PDFOutput =
            switch filter {
            case .hex: PDFDecoding.hex(input, limit: limit)
            case .base85: PDFDecoding.base85(input, limit: limit)
            case .lzw: PDFDecoding.lzw(input, isEarly: isEarly, limit: limit)
            case .flate: PDFDecoding.flate(input, limit: limit)
            case .runLength: PDFDecoding.runLength(input, limit: limit)
            // Of a document that is not encrypted, there is nothing to decrypt.
            case .crypt: PDFOutput(bytes: input)
            case .fax, .jbig2, .jpeg, .jpeg2000: PDFOutput(isDamaged: true)
            }
        let isDamaged = output.isDamaged
        let isFull = output.isFull
        output = predictor.undo(output.bytes)
        output.isDamaged = output.isDamaged || isDamaged
        output.isFull = isFull
        return output
    }
}

/// Undoes one filter after the other.
func undo(_ steps: [PDFStep], _ input: [UInt8], limit: Int) -> PDFOutput {
    var output = PDFOutput(bytes: input)
    for step in steps {
        let next = step.undo(output.bytes, limit: limit)
        output = PDFOutput(
            bytes: next.bytes, isDamaged: output.isDamaged || next.isDamaged, isFull: output.isFull || next.isFull)
    }
    return output
}
