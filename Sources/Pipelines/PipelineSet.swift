package import Domain

/// All pipelines of a deployment, each valid and without conflicts: no object matches two pipelines, and no destination
/// feeds a pipeline.
package struct PipelineSet: Sendable {
    /// Sorted by file name.
    package let pipelines: [Pipeline]
    /// Of what is allowed and may lose an object.
    package let warnings: [Problem]
    /// Of keys that a pipeline can't move.
    package let notes: [Problem]
    /// The accounts that buckets must be of, for those that have one.
    package let bucketOwners: [String: String]
    private let byBucket: [String: PrefixIndex]

    /// Reads every `*.yaml` and `*.yml` file of a folder. A missing folder, or one without such files, is a problem.
    package init(directory: String) throws(PipelineProblems) {
        let (files, problems) = readPipelineFolder(directory)
        try self.init(files, problems)
    }

    /// - Parameter files: each with its name for problems, and one pipeline as YAML.
    package init(files: [(name: String, text: [UInt8])]) throws(PipelineProblems) {
        let none = Problem(
            file: "pipelines", line: 0, column: 0, path: "", message: "no pipelines; expected at least one")
        try self.init(files, files.isEmpty ? [none] : [])
    }

    private init(_ files: [(name: String, text: [UInt8])], _ known: [Problem]) throws(PipelineProblems) {
        let read = files.sorted { $0.name < $1.name }.map { PipelineReader.read($0.text, file: $0.name) }
        let drafts = read.map(\.draft)
        let problems = known + read.flatMap(\.problems) + conflicts(among: drafts)
        guard problems.isEmpty else { throw PipelineProblems(problems) }
        pipelines = drafts.compactMap(\.pipeline)
        bucketOwners = drafts.reduce(into: [:]) { $0.merge($1.owners?.value ?? [:]) { first, _ in first } }
        let remarks = MoveRemarks(of: drafts)
        (warnings, notes) = (remarks.warnings, remarks.notes)
        byBucket = Dictionary(grouping: pipelines, by: \.match.bucket).mapValues(PrefixIndex.init)
    }

    /// Returns the pipeline that takes the object; nil if none does. At most one does.
    package func pipeline(for bucket: String, key: ObjectKey) -> Pipeline? {
        byBucket[bucket]?.pipeline(for: key.text.utf8Span.span)
    }

    /// Returns the pipeline of a name; nil if there is none.
    package subscript(name: String) -> Pipeline? { pipelines.first { $0.name == name } }
}

/// The pipelines of one bucket, found by binary search: with a thousand tenants a look-up takes about ten comparisons.
private struct PrefixIndex {
    private struct Entry {
        let pipeline: Pipeline
        /// The entry with the longest other prefix that this entry's prefix starts with.
        let parent: Int?
    }

    /// Sorted by the bytes of the prefix.
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

    /// The candidates are the last entry that is not sorted after the key, and its parents: every prefix of the key is
    /// among them.
    func pipeline(for key: Span<UInt8>) -> Pipeline? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if isAfter(entries[middle].pipeline.match.prefixBytes, key) { high = middle } else { low = middle + 1 }
        }
        var candidate = low > 0 ? low - 1 : nil
        while let index = candidate {
            if entries[index].pipeline.match.matches(key) { return entries[index].pipeline }
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
