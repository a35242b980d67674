/// What libqpdf sees of a document: streams by the cross-reference table, decrypted with the empty password.
struct PDFSecondReader {
    private let document: QPDFDocument
    /// Numbers and generations of the objects to ask for.
    let identities: [(object: CInt, generation: CInt)]

    /// libqpdf holds the file and what it parses in memory.
    private static let maximumSize: Int64 = 256 << 20
    private static let maximumStructure: Int64 = 32 << 20
    private static let maximumObjects = 1_000_000
    /// A step of libqpdf's search for the end of a stream with a wrong length takes some 30 ns.
    private static let maximumSearches = 20_000_000
    /// How deep it may have to go from one stream to the next to find a length: each level is a call.
    private static let maximumOddLengths = 64
    private static let maximumRepairSteps: Int64 = 500_000_000

    /// - Parameter repairs: whether a damaged document is repaired if need be.
    init(_ file: FileSlice, _ survey: PDFSurvey, repairs: Bool) throws(UnpackingError) {
        document = try Self.open(file, repairs: repairs)
        var (known, found): (Set<Int64>, [(object: CInt, generation: CInt)]) = ([], [])
        for (object, generation) in survey.identities where found.count < Self.maximumObjects {
            guard let object = CInt(exactly: object), let generation = CInt(exactly: generation), object > 0,
                (0...65535).contains(generation), known.insert(Int64(object) << 16 | Int64(generation)).inserted
            else { continue }
            found.append((object, generation))
        }
        identities = found
    }

    private static func open(_ file: FileSlice, repairs: Bool) throws(UnpackingError) -> QPDFDocument {
        do throws(UnpackingError) {
            return try QPDFDocument(file, repairs: false)
        } catch {
            guard repairs, error.code == .malformed else { throw error }
            guard try repairSteps(file) <= maximumRepairSteps else {
                throw UnpackingError(.malformed, "a damaged document with too many comments")
            }
            return try QPDFDocument(file, repairs: true)
        }
    }

    /// About how many bytes libqpdf reads to repair a document: at the start of each line, it looks for the next token,
    /// beyond comments and blank lines.
    private static func repairSteps(_ file: FileSlice) throws(UnpackingError) -> Int64 {
        var (steps, lines, bytes): (Int64, Int64, Int64) = (0, 0, 0)
        var (isComment, offset): (Bool, Int64) = (false, 0)
        while offset < file.size {
            let block = try file.bytes(at: offset, count: 1 << 20)
            for byte in block {
                bytes += 1
                if byte == 10 || byte == 13 {
                    lines += 1
                    isComment = false
                } else if byte == UInt8(ascii: "%") {
                    isComment = true
                } else if !isComment, !PDFText.isSpace(byte) {
                    steps = steps &+ lines &* bytes
                    (lines, bytes) = (0, 0)
                }
            }
            offset += Int64(block.count)
        }
        return steps &+ lines &* bytes
    }

    func stream(_ object: CInt, _ generation: CInt) throws(UnpackingError) -> QPDFDocument.Stream? {
        try document.stream(object, generation)
    }

    /// Returns the value of an object that is no stream, with its strings decrypted, or nil.
    func value(_ object: CInt, _ generation: CInt) -> PDFValue? {
        guard let text = document.text(object, generation) else { return nil }
        var parser = PDFParser(text + [10], at: 0)
        return (try? parser.items(until: .nothing, depth: 0))?.first
    }

    /// Returns why the library would need too much memory, time or stack for a document, or nil.
    static func refusal(_ survey: PDFSurvey) throws(UnpackingError) -> UnpackingError? {
        if let error = survey.errors.first { return error }
        guard survey.file.size <= maximumSize, survey.structureBytes <= maximumStructure else {
            return UnpackingError(.tooLarge, "\(survey.file.size) bytes, \(survey.structureBytes) outside of streams")
        }
        let numbers = Set(survey.streams.map(\.object))
        var (oddLengths, wrongLengths) = (0, 0)
        for stream in survey.streams {
            if case .reference(let object) = stream.dictionary["Length"],
                numbers.contains(object) || stream.isStructure && survey.objects.numbers(object).isEmpty
            {
                oddLengths += 1
            }
            if try !survey.hasRightLength(stream) { wrongLengths += 1 }
        }
        guard oddLengths <= maximumOddLengths, wrongLengths * survey.identities.count <= maximumSearches else {
            return UnpackingError(.malformed, "\(wrongLengths) streams with a wrong length, \(oddLengths) odd ones")
        }
        return nil
    }
}
