package import Domain

/// All pipelines of a station, checked one by one and against each other: no object has two owners, no destination
/// feeds a pipeline.
package struct PipelineSet: Sendable {
    /// By file name.
    package let pipelines: [Pipeline]
    private let byBucket: [String: PrefixIndex]

    /// Reads every `*.yaml` and `*.yml` of a folder, by name. A folder that is missing or holds none is a problem.
    package init(directory: String) throws(PipelineProblems) {
        let (files, problems) = readPipelineFolder(directory)
        try self.init(files, problems)
    }

    /// - Parameter files: each with the name by which problems call it, and one pipeline as YAML.
    package init(files: [(name: String, text: [UInt8])]) throws(PipelineProblems) {
        let none = Problem(
            file: "pipelines", line: 0, column: 0, path: "", message: "none given; expected at least one")
        try self.init(files, files.isEmpty ? [none] : [])
    }

    private init(_ files: [(name: String, text: [UInt8])], _ known: [Problem]) throws(PipelineProblems) {
        let read = files.sorted { $0.name < $1.name }.map { PipelineReader.read($0.text, file: $0.name) }
        let drafts = read.map(\.draft)
        let problems = known + read.flatMap(\.problems) + conflicts(among: drafts)
        guard problems.isEmpty else { throw PipelineProblems(problems) }
        pipelines = drafts.compactMap(\.pipeline)
        byBucket = Dictionary(grouping: pipelines, by: \.match.bucket).mapValues(PrefixIndex.init)
    }

    /// The pipeline that takes the object; nil where none does. There is never a second one.
    package func pipeline(for bucket: String, key: ObjectKey) -> Pipeline? {
        byBucket[bucket]?.pipeline(for: key.text.utf8Span.span)
    }

    package subscript(name: String) -> Pipeline? { pipelines.first { $0.name == name } }
}

/// The pipelines of one bucket, found by binary search: with a thousand tenants a look-up takes ten comparisons.
private struct PrefixIndex {
    private struct Entry {
        let pipeline: Pipeline
        /// The nearest entry whose prefix is the beginning of this one's.
        let parent: Int?
    }

    /// By the bytes of the prefix.
    private let entries: [Entry]

    init(_ pipelines: [Pipeline]) {
        var entries: [Entry] = []
        let sorted = pipelines.sorted { $0.match.prefixBytes.lexicographicallyPrecedes($1.match.prefixBytes) }
        for pipeline in sorted {
            var parent: Int? = entries.isEmpty ? nil : entries.count - 1
            while let index = parent,
                !pipeline.match.prefixBytes.starts(with: entries[index].pipeline.match.prefixBytes)
            {
                parent = entries[index].parent
            }
            entries.append(Entry(pipeline: pipeline, parent: parent))
        }
        self.entries = entries
    }

    /// The prefixes that begin the key are all beginnings of the greatest one that is not after the key, so they are
    /// that one and its parents.
    func pipeline(for key: Span<UInt8>) -> Pipeline? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if isAfter(entries[middle].pipeline.match.prefixBytes, key) { high = middle } else { low = middle + 1 }
        }
        var candidate = low > 0 ? low - 1 : nil
        while let index = candidate {
            if entries[index].pipeline.match.takes(key) { return entries[index].pipeline }
            candidate = entries[index].parent
        }
        return nil
    }

    private func isAfter(_ prefix: [UInt8], _ key: Span<UInt8>) -> Bool {
        for index in 0..<min(prefix.count, key.count) where prefix[index] != key[index] {
            return prefix[index] > key[index]
        }
        return prefix.count > key.count
    }
}
