/// The parts of a PDF: every stream, decoded as far as readers decode it, every script in a string, and all strings
/// that the document does not hold as they are.
///
/// Two readers look for them. The project's own walk finds objects by their keywords, wherever they stand, and decodes
/// within bounds. libqpdf goes by the cross-reference table and decrypts with the empty password. What both see is one
/// part.
package struct PDFOpener: LayerOpener {
    let file: FileSlice
    let survey: PDFSurvey
    let hasTime: () -> Bool
    var objects: PDFObjects
    var reader: PDFSecondReader?
    /// What stands between the document and a complete account. Each is a part of its own that cannot be unpacked.
    private(set) var problems: [UnpackingError] = []
    /// For each of the survey's streams: whether its bytes, or those that libqpdf has for it, are a part.
    var isCovered: [Bool]
    /// The survey's streams of each object number.
    let streamsByObject: [Int64: [Int]]
    /// The streams whose dictionary only libqpdf can complete, with the reason.
    var undecided: [Int: UnpackingError] = [:]
    /// Further parts of the stream that is looked at.
    private var waiting: [PDFPart] = []
    private var current: PDFPart?
    private var stage = Stage.streams(0)
    /// Bytes that its streams may still decode to.
    private var outputLeft: Int64
    private let outputLimit: Int64
    /// Whether a part did not fit into what was left.
    private var isExhausted = false
    /// Bytes of encoded streams that may still be read.
    private(set) var inputLeft: Int64
    /// Bytes of pictures' samples that may still be decoded to be matched.
    private var samplesLeft: Int64

    private enum Stage { case streams(Int), reader(Int), revisions, text(Int), problems(Int) }

    private static let maximumProblems = 64
    /// Further scripts are one part together.
    private static let maximumScripts = 256
    /// The samples of larger pictures are not matched.
    private static let maximumSamples: Int64 = 1 << 20

    package let unaccounted: [Range<Int64>] = []

    /// - Parameters:
    ///   - outputLimit: the bytes that its streams may decode to in all.
    ///   - hasTime: called repeatedly. Reading stops with an error when it returns false.
    /// - Throws: `.malformed`, `.tooLarge` if the document cannot be searched; `.encrypted` if it needs a password.
    package init(
        _ file: FileSlice, outputLimit: Int64, hasTime: @escaping () -> Bool = { true }
    ) throws(UnpackingError) {
        self.file = file
        self.hasTime = hasTime
        survey = try PDFSurvey(file, hasTime: hasTime)
        objects = survey.objects
        isCovered = survey.streams.map { _ in false }
        streamsByObject = Dictionary(grouping: survey.streams.indices) { [streams = survey.streams] index in
            streams[index].object
        }
        (self.outputLimit, outputLeft) = (outputLimit, outputLimit)
        inputLeft = 1 << 24 + 8 * file.size
        samplesLeft = 4 << 20 + 4 * file.size
        survey.errors.forEach { note($0) }
        if survey.isCut { note(UnpackingError(.truncated, "no end after its last object")) }
        try openReader()
    }

    /// Notes a problem, unless the bytes may be no PDF at all and that is why they are not in order.
    mutating func note(_ problem: UnpackingError) {
        guard survey.isCertain || problem.code != .malformed && problem.code != .truncated else { return }
        if problems.count < Self.maximumProblems { problems.append(problem) }
    }

    /// - Throws: `.malformed` if the streams overlap so much that decoding all of them would be endless.
    mutating func add(_ part: PDFPart) throws(UnpackingError) {
        inputLeft -= part.source.size
        guard inputLeft >= 0 else { throw UnpackingError(.malformed, "its streams overlap") }
        waiting.append(part)
    }

    /// The bytes that its streams have decoded to.
    package var output: Int64 { outputLimit - outputLeft }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        while waiting.isEmpty {
            guard hasTime() else { throw UnpackingError(.tooLarge, "the time limit") }
            // The part that hit the limit is a gap.
            guard !isExhausted else { return nil }
            guard try advance() else { return nil }
        }
        let part = waiting.removeFirst()
        current = part
        if part.isQuote { return LayerPart(part.name, use: .quote) }
        return LayerPart(part.name, use: part.content == .picture ? .picture : part.isAttached ? .file : .working)
    }

    /// Looks at the next stream, object or text. Returns false after the last one.
    private mutating func advance() throws(UnpackingError) -> Bool {
        switch stage {
        case .streams(let index) where index < survey.streams.count:
            stage = .streams(index + 1)
            try addStream(index)
        case .streams: stage = .reader(0)
        case .reader(let index) where index < (reader?.identities.count ?? 0):
            stage = .reader(index + 1)
            try addReading(index)
        case .reader: stage = .revisions
        case .revisions:
            stage = .text(0)
            try addRevisions()
            for (index, error) in undecided.sorted(by: { $0.key < $1.key }) where !isCovered[index] {
                note(UnpackingError(error.code, "object \(survey.streams[index].object): \(error.detail)"))
            }
        case .text(let index) where index < min(objects.scripts.count, Self.maximumScripts):
            stage = .text(index + 1)
            let script = objects.scripts[index]
            try add(PDFPart("script of object \(script.object)", .memory(script.text)))
        case .text:
            stage = .problems(0)
            let rest = objects.scripts.dropFirst(Self.maximumScripts).map(\.text)
            if !rest.isEmpty { try add(PDFPart("further scripts", .memory(Array(rest.joined(separator: [10]))))) }
            try add(PDFPart("strings", .memory(objects.strings)))
            if objects.isTextCut { note(UnpackingError(.tooLarge, "the strings of the document")) }
        case .problems(let index):
            guard index < problems.count else { return false }
            stage = .problems(index + 1)
            try add(PDFPart("", .problem(problems[index])))
        }
        return true
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard let part = current else { throw UnpackingError(.malformed, "no part") }
        if part.content == .samples { return try unpackSamples(part, into: file) }
        let unpacked: PDFPart.Unpacked
        do throws(UnpackingError) {
            unpacked = try part.unpack(self.file, into: file, limit: min(limit, outputLeft))
        } catch {
            // What was decoded in vain counts as well.
            if error.code == .tooLarge { outputLeft -= min(limit, outputLeft) }
            isExhausted = outputLeft <= 0
            if part.isAlternative || !survey.isCertain, error.code == .malformed { return 0 }
            throw error
        }
        outputLeft -= unpacked.made
        if unpacked.isDamaged, !part.isAlternative {
            note(UnpackingError(.malformed, "\(part.name) cannot be decoded"))
        }
        return unpacked.size
    }

    /// Pictures are seen, and their samples are no file of any reader's. Small ones are matched all the same.
    private mutating func unpackSamples(_ part: PDFPart, into file: CInt) throws(UnpackingError) -> Int64 {
        let limit = min(Self.maximumSamples, samplesLeft)
        guard limit > 0 else { return 0 }
        do throws(UnpackingError) {
            let size = try part.unpack(self.file, into: file, limit: limit).size
            samplesLeft -= size
            return size
        } catch {
            guard error.code == .tooLarge else { throw error }
            samplesLeft -= limit
            return 0
        }
    }
}
