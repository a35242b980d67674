/// How much a reader that decodes every stream of a PDF makes of it. Filters that follow one another multiply it.
package enum PDFWorkload {
    /// Returns the bytes that the streams decode to, or more than `limit` if they are more than that.
    ///
    /// - Throws: if the document cannot be searched, or needs a password.
    package static func measure(
        _ file: FileSlice, limit: Int64, hasTime: @escaping () -> Bool
    ) throws(UnpackingError) -> Int64 {
        let opener = try PDFOpener(file, outputLimit: limit, hasTime: hasTime)
        var (output, inputLeft): (Int64, Int64) = (0, opener.inputLeft)
        for stream in opener.survey.streams where output <= limit {
            guard hasTime() else { return limit + 1 }
            for steps in Self.steps(of: stream.dictionary, opener.objects) where output <= limit {
                for source in try sources(of: stream, opener) {
                    inputLeft -= source.size
                    guard inputLeft >= 0 else { return limit + 1 }
                    output += try measure(source, steps, file, limit: limit - output)
                }
            }
        }
        return output
    }

    /// The filters as they are declared. The engine takes every name in a dictionary for a filter, whatever it names.
    private static func steps(of dictionary: PDFDictionary, _ objects: PDFObjects) -> [[PDFFilterStep]] {
        let declared = try? PDFTreatment(dictionary, resolve: objects.value)
        // Nobody here decodes a picture to more than its bound.
        if let declared, declared.content == .samples { return [] }
        var names: [PDFFilter] = []
        collect(.dictionary(dictionary), &names)
        let all = names.prefix(PDFTreatment.maximumFilters).map { PDFFilterStep(filter: $0) }
        guard let declared else { return [all] }
        let isSame = declared.steps.map(\.filter) == all.map(\.filter)
        return isSame ? [declared.steps] : [declared.steps, all]
    }

    /// Nesting is bounded by the parser.
    private static func collect(_ value: PDFValue, _ names: inout [PDFFilter]) {
        switch value {
        case .name(let name): if let filter = PDFFilter(name: name), !filter.isImageFilter { names.append(filter) }
        case .array(let items): for item in items { collect(item, &names) }
        case .dictionary(let dictionary):
            for entry in dictionary.entries {
                collect(.name(entry.key), &names)
                collect(entry.value, &names)
            }
        default: break
        }
    }

    private static func sources(
        of stream: PDFSurvey.Stream, _ opener: borrowing PDFOpener
    ) throws(UnpackingError) -> [PDFPart.Source] {
        if opener.survey.isEncrypted, !stream.isTable {
            guard let object = CInt(exactly: stream.object), let generation = CInt(exactly: stream.generation),
                let seen = try? opener.reader?.stream(object, generation)
            else { return [] }
            return [.memory(seen.data)]
        }
        let ranges = (try? opener.survey.extents(of: stream)) ?? []
        return ranges.max { $0.count < $1.count }.map { [.range($0)] } ?? []
    }

    private static func measure(
        _ source: PDFPart.Source, _ steps: [PDFFilterStep], _ file: FileSlice, limit: Int64
    ) throws(UnpackingError) -> Int64 {
        guard !steps.isEmpty else { return 0 }
        if steps.map(\.filter) == [.flate], case .range(let range) = source {
            var size: Int64 = 0
            _ = try PDFInflater.inflate(reading: { offset throws(UnpackingError) in
                try file[range].bytes(at: offset, count: 1 << 16)
            }) { bytes throws(UnpackingError) in
                size += Int64(bytes.count)
                return size <= limit
            }
            return size
        }
        var part = PDFPart("", source)
        part.steps = steps
        do throws(UnpackingError) {
            return Int64(try part.decoded(file, limit: limit).made)
        } catch {
            guard error.code == .tooLarge else { throw error }
            return limit + 1
        }
    }
}
