/// How the bytes that a reader sees are made from a stream's data.
struct PDFTreatment: Equatable {
    /// The filters to undo, without a picture's own compression.
    var steps: [PDFFilterStep] = []
    /// What the bytes are after them.
    var content = Content.bytes

    enum Content {
        case bytes
        /// A compressed picture, such as a JPEG file.
        case picture
        /// The samples of a picture. No reader makes a file of these alone.
        case samples
    }

    /// More than any real stream has. Hostile ones multiply their work by it.
    static let maximumFilters = 16

    /// - Parameters:
    ///   - isAttached: whether the document has the stream as a file or a script, whatever else it claims to be.
    ///   - resolve: returns an object's value, or nil if it is unknown.
    /// - Throws: `.method` if the stream cannot be decoded.
    init(
        _ dictionary: PDFDictionary, isAttached: Bool = false, resolve: (Int64) -> PDFValue? = { _ in nil }
    ) throws(UnpackingError) {
        for key in ["Filter", "DecodeParms", "DP"] where dictionary.count(of: key) > 1 {
            throw UnpackingError(.method, "more than one /\(key)")
        }
        let filters = try Self.filters(dictionary, resolve)
        guard filters.count <= Self.maximumFilters else {
            throw UnpackingError(.method, "\(filters.count) filters")
        }
        steps = try Self.steps(filters, dictionary, resolve)
        let isImage = !isAttached && Self.isImage(dictionary)
        guard let first = filters.firstIndex(where: \.isImageFilter) else {
            if isImage { content = .samples }
            return
        }
        // A picture's codec can hide a file if it loses nothing.
        guard first == filters.count - 1, isImage || filters[first] == .jpeg && !isAttached else {
            throw UnpackingError(.method, "the filter /\(filters[first].rawValue), and it is not an image")
        }
        steps.removeLast()
        content = .picture
    }

    /// Whether it has an image's size and is not an attached file. Thumbnails have no subtype.
    private static func isImage(_ dictionary: PDFDictionary) -> Bool {
        guard dictionary["Subtype"].map({ $0 == .name("Image") }) ?? true, dictionary.count(of: "Subtype") <= 1,
            dictionary["Width"] != nil, dictionary["Height"] != nil, dictionary["Params"] == nil
        else { return false }
        return dictionary["Type"].map { $0 == .name("XObject") } ?? true
    }

    /// Some readers accept `F` for `Filter`; otherwise it names an external file.
    private static func filters(
        _ dictionary: PDFDictionary, _ resolve: (Int64) -> PDFValue?
    ) throws(UnpackingError) -> [PDFFilter] {
        let key = dictionary["Filter"] == nil ? "F" : "Filter"
        var value = dictionary[key]
        if case .reference(let object) = value {
            value = resolve(object)
            if value == nil, key != "F" { throw UnpackingError(.method, "its filters are named by reference") }
        }
        let items: [PDFValue]
        switch value {
        case .name: items = [value!]
        case .array(let values): items = values
        default: return []
        }
        var filters: [PDFFilter] = []
        for item in items {
            var name: PDFValue? = item
            if case .reference(let object) = item { name = resolve(object) }
            guard case .name(let text) = name else {
                throw UnpackingError(.method, "its filters are named by reference")
            }
            guard let filter = PDFFilter(name: text) else {
                throw UnpackingError(.method, "the filter /\(String(text.prefix(40)))")
            }
            filters.append(filter)
        }
        return filters
    }

    private static func steps(
        _ filters: [PDFFilter], _ dictionary: PDFDictionary, _ resolve: (Int64) -> PDFValue?
    ) throws(UnpackingError) -> [PDFFilterStep] {
        let unknown = UnpackingError(.method, "its filters' parameters are named by reference")
        var value = dictionary["DecodeParms"] ?? dictionary["DP"]
        if case .reference(let object) = value {
            value = resolve(object)
            if value == nil, !filters.isEmpty { throw unknown }
        }
        let given: [PDFValue]
        switch value {
        case .array(let values): given = values
        case .some(let value): given = [value]
        case nil: given = []
        }
        var steps: [PDFFilterStep] = []
        for (index, filter) in filters.enumerated() {
            var step = PDFFilterStep(filter: filter)
            if index < given.count, filter == .flate || filter == .lzw {
                var parameters: PDFValue? = given[index]
                if case .reference(let object) = given[index] { parameters = resolve(object) }
                guard let parameters else { throw unknown }
                if case .dictionary(let parameters) = parameters, !step.apply(parameters, resolve) { throw unknown }
            }
            steps.append(step)
        }
        return steps
    }
}
