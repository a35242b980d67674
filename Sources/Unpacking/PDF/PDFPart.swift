/// One part of a PDF, before it is decoded.
struct PDFPart {
    enum Source {
        case range(Range<Int64>)
        case memory([UInt8])
        /// What keeps the document from being accounted for.
        case problem(UnpackingError)

        /// The encoded size in bytes.
        var size: Int64 {
            switch self {
            case .range(let range): Int64(range.count)
            case .memory(let bytes): Int64(bytes.count)
            case .problem: 0
            }
        }
    }

    let name: String
    let source: Source
    var steps: [PDFFilterStep] = []
    var content = PDFTreatment.Content.bytes
    /// Whether another range of the same stream is likelier: its damage means nothing.
    var isAlternative = false
    /// Whether no object has it, in bytes that readers do not take for a PDF: what a program or a text has of one.
    var isQuote = false
    /// Whether the document has it as a file.
    var isAttached = false

    init(_ name: String, _ source: Source) { (self.name, self.source) = (name, source) }

    init(_ name: String, _ source: Source, _ treatment: PDFTreatment) {
        self.init(name, source)
        (steps, content) = (treatment.steps, treatment.content)
    }

    /// The largest encoded stream, and the largest output of each of its filters, if there are several: all are held in
    /// memory.
    private static let maximumEncoded: Int64 = 64 << 20
    private static let maximumDecoded: Int64 = 128 << 20

    /// A part in a scratch file.
    struct Unpacked {
        let size: Int64
        /// How many bytes all of its filters made.
        var made: Int64 = 0
        /// Whether its data are invalid from there on.
        var isDamaged = false
    }

    /// Decodes the part into a scratch file.
    ///
    /// - Throws: `.tooLarge` if it has more than `limit` bytes.
    func unpack(_ file: FileSlice, into target: CInt, limit: Int64) throws(UnpackingError) -> Unpacked {
        switch source {
        case .problem(let error): throw error
        case .range(let range):
            if steps.isEmpty { return Unpacked(size: try file.copy(range, into: target, limit: limit)) }
            if steps == [PDFFilterStep(filter: .flate)] { return try inflate(file[range], into: target, limit: limit) }
            return try decode(try Self.load(file[range]), into: target, limit: limit)
        case .memory(let bytes): return try decode(bytes, into: target, limit: limit)
        }
    }

    private func inflate(
        _ data: FileSlice, into target: CInt, limit: Int64
    ) throws(UnpackingError) -> Unpacked {
        var size: Int64 = 0
        let end = try PDFInflater.inflate(reading: { offset throws(UnpackingError) in
            try data.bytes(at: offset, count: 1 << 16)
        }) { bytes throws(UnpackingError) in
            guard size + Int64(bytes.count) <= limit else { return false }
            try writeScratch(bytes, to: target, at: size)
            size += Int64(bytes.count)
            return true
        }
        guard end != .stopped else { throw UnpackingError(.tooLarge, "more than \(limit) bytes") }
        return Unpacked(size: size, made: size, isDamaged: end == .damaged)
    }

    private func decode(
        _ bytes: [UInt8], into target: CInt, limit: Int64
    ) throws(UnpackingError) -> Unpacked {
        let (output, made) = try decoded(bytes, limit: limit)
        try writeScratch(output.bytes[...], to: target, at: 0)
        return Unpacked(size: Int64(output.bytes.count), made: Int64(made), isDamaged: output.isDamaged)
    }

    private func decoded(_ bytes: [UInt8], limit: Int64) throws(UnpackingError) -> (output: PDFOutput, made: Int) {
        guard !steps.isEmpty else {
            guard bytes.count <= limit else { throw UnpackingError(.tooLarge, "\(bytes.count) bytes") }
            return (PDFOutput(bytes: bytes), 0)
        }
        let most = min(limit, Self.maximumDecoded)
        let (output, made) = steps.decode(bytes, limit: Int(most))
        guard !output.hitLimit else { throw UnpackingError(.tooLarge, "more than \(most) bytes") }
        return (output, made)
    }

    /// Decodes the part in memory.
    ///
    /// - Returns: the output, and how many bytes all of its filters made.
    func decoded(_ file: FileSlice, limit: Int64) throws(UnpackingError) -> (output: PDFOutput, made: Int) {
        switch source {
        case .problem(let error): throw error
        case .range(let range): try decoded(try Self.load(file[range]), limit: limit)
        case .memory(let bytes): try decoded(bytes, limit: limit)
        }
    }

    private static func load(_ data: FileSlice) throws(UnpackingError) -> [UInt8] {
        guard data.size <= maximumEncoded else {
            throw UnpackingError(.tooLarge, "a stream of \(data.size) encoded bytes")
        }
        return try data.bytes(at: 0, count: Int(data.size))
    }
}
