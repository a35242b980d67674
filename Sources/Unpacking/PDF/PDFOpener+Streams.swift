extension PDFOpener {
    /// Bytes that cross-reference and object streams may decode to: libqpdf decodes these without a bound.
    private var structureLimit: Int64 { 1 << 20 + 4 * file.size }
    private var objectStreamLimit: Int64 { 16 << 20 + 100 * file.size }
    /// The most revisions of an encrypted document that are opened.
    private static var maximumRevisions: Int { 8 }
    private static var maximumDefinitions: Int { 64 }
    /// By how much a stream grows at most when it is encrypted: an initialisation vector and padding.
    private static var longestPadding: Int64 { 48 }

    // MARK: The second reader

    /// Opens the document in libqpdf if that is safe, and takes in the objects of its object streams.
    ///
    /// - Throws: if the document is encrypted and cannot be opened.
    mutating func openReader() throws(UnpackingError) {
        let refusal = try PDFSecondReader.refusal(survey)
        guard survey.isEncrypted else {
            let isBounded = try takeObjectStreams()
            // libqpdf may well refuse what other readers repair. All of it was found by its keywords.
            if refusal == nil, isBounded { reader = try? PDFSecondReader(file, survey, repairs: false) }
            return
        }
        if let refusal { throw refusal }
        try checkTables()
        let opened = try PDFSecondReader(file, survey, repairs: true)
        reader = opened
        guard try takeObjectStreams() else {
            throw UnpackingError(.tooLarge, "the object streams of an encrypted document")
        }
        for (object, generation) in opened.identities {
            guard hasTime() else { throw UnpackingError(.tooLarge, "the time limit") }
            if let value = opened.value(object, generation) { objects.take(value, of: Int64(object)) }
        }
    }

    private func checkTables() throws(UnpackingError) {
        var left = structureLimit
        for stream in survey.streams where stream.isTable {
            for range in try survey.extents(of: stream) {
                let treatment = try PDFTreatment(stream.dictionary, resolve: objects.value)
                left -= Int64(try PDFPart("", .range(range), treatment).decoded(file, limit: left).made)
            }
        }
    }

    /// Takes in the objects of all object streams. Returns false if libqpdf must not read them: they are too large, or
    /// overlap.
    private mutating func takeObjectStreams() throws(UnpackingError) -> Bool {
        var (left, tablesLeft) = (objectStreamLimit, structureLimit)
        var isBounded = true
        for stream in survey.streams where stream.isStructure {
            guard hasTime() else { throw UnpackingError(.tooLarge, "the time limit") }
            do throws(UnpackingError) {
                for part in try structure(stream) {
                    let limit = stream.isObjectStream ? left : tablesLeft
                    let (output, made) = try part.decoded(file, limit: limit)
                    if stream.isObjectStream {
                        left -= Int64(made)
                        if !objects.take(objectStream: output.bytes, stream.dictionary) {
                            note(UnpackingError(.malformed, "the objects of object stream \(stream.object) overlap"))
                            isBounded = false
                        }
                    } else {
                        tablesLeft -= Int64(made)
                    }
                }
            } catch {
                // It is a part, and what keeps it from being decoded is noted there.
                if error.code == .read || error.code == .memory { throw error }
                isBounded = isBounded && error.code != .tooLarge && error.code != .malformed
                guard error.code == .tooLarge else { continue }
                note(UnpackingError(.tooLarge, "the streams of its structure"))
                return false
            }
        }
        return isBounded
    }

    private func structure(_ stream: PDFSurvey.Stream) throws(UnpackingError) -> [PDFPart] {
        if survey.isEncrypted, !stream.isTable {
            guard let object = CInt(exactly: stream.object), let generation = CInt(exactly: stream.generation),
                let seen = try reader?.stream(object, generation)
            else { return [] }
            return [PDFPart("", .memory(seen.data), try PDFTreatment(seen.dictionary))]
        }
        let treatment = try PDFTreatment(stream.dictionary, resolve: objects.value)
        var parts: [PDFPart] = []
        for range in try survey.extents(of: stream) { parts.append(PDFPart("", .range(range), treatment)) }
        return parts
    }

    // MARK: Parts

    private func name(_ object: Int64) -> String {
        let name = objects.attached[object] ?? []
        return name.isEmpty ? "object \(object)" : printable(name)
    }

    /// Adds the parts of one stream of the survey.
    mutating func addStream(_ index: Int) throws(UnpackingError) {
        let stream = survey.streams[index]
        // Encrypted streams are libqpdf's.
        guard !survey.isEncrypted || stream.isTable else { return }
        let isAttached = objects.attached[stream.object] != nil
        let treatment: PDFTreatment
        let ranges: [Range<Int64>]
        do throws(UnpackingError) {
            treatment = try PDFTreatment(stream.dictionary, isAttached: isAttached, resolve: objects.value)
            ranges = try survey.extents(of: stream)
        } catch {
            guard error.code != .read else { throw error }
            if !stream.isLoose { undecided[index] = error }
            return
        }
        isCovered[index] = true
        for (number, range) in ranges.enumerated() {
            var part = PDFPart(name(stream.object), .range(range), treatment)
            part.isAlternative = number > 0 || stream.isLoose
            part.isQuote = stream.isLoose && !survey.isCertain
            part.isAttached = isAttached
            try add(part)
            if let other = try otherReading(of: part, in: range) { try add(other) }
        }
    }

    /// A stream of hexadecimal digits with other bytes among them: some readers skip those, others count them as zero.
    private func otherReading(of part: PDFPart, in range: Range<Int64>) throws(UnpackingError) -> PDFPart? {
        guard part.steps.first?.filter == .hex else { return nil }
        let digits = try file.bytes(at: range.lowerBound, count: min(range.count, Self.longestDigits))
        let isDamaged = digits.prefix { $0 != UInt8(ascii: ">") }.contains {
            $0 == 0 || !PDFText.isSpace($0) && PDFText.hex($0) == nil
        }
        guard isDamaged else { return nil }
        var other = part
        other.steps[0].countsOthers = true
        other.isAlternative = true
        return other
    }

    private static var longestDigits: Int { 16 << 20 }

    /// Adds what libqpdf has for an object, unless the survey has seen the same.
    mutating func addReading(_ index: Int) throws(UnpackingError) {
        guard let reader else { return }
        let (object, generation) = reader.identities[index]
        let seen: QPDFDocument.Stream?
        do throws(UnpackingError) {
            seen = try reader.stream(object, generation)
        } catch {
            // Without encryption, the stream's bytes are the survey's.
            if survey.isEncrypted { note(UnpackingError(error.code, "object \(object): \(error.detail)")) }
            return
        }
        guard let seen else { return }
        try add(seen, of: Int64(object), generation: Int64(generation), before: file.size)
    }

    /// Adds a stream as libqpdf sees it. It is that one of the survey's with its number that the document defines last.
    private mutating func add(
        _ seen: QPDFDocument.Stream, of object: Int64, generation: Int64, before end: Int64
    ) throws(UnpackingError) {
        // The latest first. Of one number, there are never many.
        let indices = (streamsByObject[object] ?? []).suffix(Self.maximumDefinitions).reversed()
        let treatment: PDFTreatment
        do throws(UnpackingError) {
            treatment = try PDFTreatment(seen.dictionary, isAttached: objects.attached[object] != nil)
        } catch {
            return note(UnpackingError(error.code, "object \(object): \(error.detail)"))
        }
        for index in indices where survey.streams[index].start < end {
            let stream = survey.streams[index]
            if survey.isEncrypted {
                guard stream.generation == generation, !isCovered[index], try isCipher(of: seen, stream) else {
                    continue
                }
            } else {
                guard try isSame(seen, treatment, as: stream) else { continue }
                if isCovered[index] { return }
            }
            isCovered[index] = true
            break
        }
        var part = PDFPart(name(object), .memory(seen.data), treatment)
        part.isAttached = objects.attached[object] != nil
        try add(part)
    }

    /// Whether the survey's stream is as long as one that was decrypted.
    private func isCipher(of seen: QPDFDocument.Stream, _ stream: PDFSurvey.Stream) throws(UnpackingError) -> Bool {
        guard !stream.isTable else { return false }
        let ranges = (try? survey.extents(of: stream)) ?? []
        return ranges.contains {
            (0...Self.longestPadding).contains(Int64($0.count) - Int64(seen.data.count))
        } || seen.data.isEmpty
    }

    /// Whether the survey's stream has the same bytes, and is decoded the same way.
    private func isSame(
        _ seen: QPDFDocument.Stream, _ treatment: PDFTreatment, as stream: PDFSurvey.Stream
    ) throws(UnpackingError) -> Bool {
        let own = try? PDFTreatment(
            stream.dictionary, isAttached: objects.attached[stream.object] != nil, resolve: objects.value)
        guard own == nil || own == treatment else { return false }
        let size = Int64(seen.data.count)
        let ranges = (try? survey.extents(of: stream)) ?? []
        for range in ranges where Int64(range.count) == size || ranges.count > 1 && Int64(range.count) > size {
            if try file.bytes(at: range.lowerBound, count: seen.data.count) == seen.data { return true }
        }
        return seen.data.isEmpty
    }

    /// Adds the streams of earlier revisions of an encrypted document: each is a document that ends at its own end.
    mutating func addRevisions() throws(UnpackingError) {
        guard survey.isEncrypted else { return }
        func left() -> [Int] {
            survey.streams.indices.filter { !isCovered[$0] && !survey.streams[$0].isTable }
        }
        for end in survey.ends.dropLast().suffix(Self.maximumRevisions).reversed() {
            let missing = left().filter { survey.streams[$0].start < end }
            guard !missing.isEmpty, hasTime() else { continue }
            // `%%EOF` and its line end.
            guard let revision = try? PDFSecondReader(file[0..<end + 7], survey, repairs: true) else { continue }
            for index in missing {
                let stream = survey.streams[index]
                guard let object = CInt(exactly: stream.object), let generation = CInt(exactly: stream.generation),
                    let seen = try? revision.stream(object, generation)
                else { continue }
                try add(seen, of: stream.object, generation: stream.generation, before: end)
            }
        }
        for index in left() {
            note(UnpackingError(.encrypted, "object \(survey.streams[index].object), which no cross-reference names"))
        }
    }
}
