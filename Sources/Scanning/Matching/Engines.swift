import CMatching
import CShims
import Domain
import Glibc
import ScanProtocol

/// The engine with all signatures; or one with most of them, and one with those that match nothing unless one of their
/// fragments stands in a layer. The second one inspects only objects in which the filter finds a fragment.
@safe struct Engines: ~Copyable {
    let facts: EngineFacts
    private let main: Engine
    private let patterns: Engine?

    var isFiltered: Bool { facts.matching.isFiltered }

    /// The most engines that inspect an object, each within its limits.
    var count: Int64 { Int64(facts.matching.engineCount) }

    /// - Parameters:
    ///   - signatures: the signature folder. All databases in it are loaded.
    ///   - scratch: the folder in which signed databases are unpacked while they load.
    ///   - canary: the self-test whose signatures are loaded as well.
    ///   - isFiltered: whether signatures are filtered, if that is possible.
    init(signatures: String, scratch: String, canary: Canary, isFiltered: Bool) throws(StartFailure) {
        var matching = MatchingFacts()
        if isFiltered {
            let files = try SignatureFolder.files(in: signatures)
            let marks = Self.marks(of: files, in: signatures)
            let plan = SignaturePlan(files: files, in: signatures, scratch: scratch)
            matching.counts = plan.databases
            matching.obstacle = plan.obstacle ?? (plan.filters ? "" : "no signature can be filtered")
            if plan.filters {
                try Self.buildFilter(plan, canary)
                let base = try Engine(
                    signatures: signatures, scratch: scratch, canary: canary,
                    selection: SignatureSelection(.base, of: plan))
                let probe = Self.probe(base, canary)
                if probe.isSeen {
                    let rest = try Engine(
                        signatures: signatures, scratch: scratch, canary: canary,
                        selection: SignatureSelection(.patterns, of: plan))
                    let overlaps = [probe.overlap, Self.probe(rest, canary).overlap]
                    // Rows that were read from one version of a file say nothing of another.
                    let filesNow = try SignatureFolder.files(in: signatures)
                    if let obstacle = BufferOverlap.obstacle(overlaps) {
                        matching.obstacle = obstacle
                    } else if marks != Self.marks(of: filesNow, in: signatures) {
                        matching.obstacle = "the signatures changed while they were loaded"
                    } else {
                        matching.isFiltered = true
                        self.init(main: base, patterns: rest, matching)
                        return
                    }
                } else {
                    matching.obstacle = "this libclamav does not let a program see what it matches"
                }
            }
        }
        let whole = try Engine(signatures: signatures, scratch: scratch, canary: canary)
        self.init(main: whole, patterns: nil, matching)
    }

    private init(main: consuming Engine, patterns: consuming Engine?, _ matching: MatchingFacts) {
        var facts = main.facts
        facts.matching = matching
        self.facts = facts
        self.main = main
        self.patterns = patterns
    }

    private static func buildFilter(_ plan: SignaturePlan, _ canary: Canary) throws(StartFailure) {
        let fragments = plan.fragments.union([canary.fragment])
        guard unsafe lz_filter_build(Array(fragments), fragments.count) == 0 else {
            throw StartFailure(reason: "memory is short for a filter of \(fragments.count) signatures")
        }
    }

    /// Scans the canary's pattern before many zeros, which match nothing.
    ///
    /// - Returns: whether the filter sees the whole buffers that an engine matches, and by how many bytes those of a
    ///   file overlap. Rules and old patterns, whose lengths the plan does not know, may make that more.
    private static func probe(
        _ engine: borrowing Engine, _ canary: Canary
    ) -> (isSeen: Bool, overlap: Int) {
        let sample = canary.pattern(of: .patterns) + [UInt8](repeating: 0, count: 2 * BufferOverlap.bufferLength)
        let descriptor = unsafe lz_memfd("sample")
        defer { if descriptor >= 0 { close(descriptor) } }
        guard unsafe write(descriptor, sample, sample.count) == sample.count else { return (false, 0) }
        lz_filter_begin()
        _ = engine.scan(descriptor, size: Int64(sample.count), limits: ScanLimits())
        return (lz_filter_end() == 1, Int(lz_filter_overlap()))
    }

    /// The identity and state of each file, to detect changes.
    private static func marks(of files: [String], in folder: String) -> [[Int64]] {
        files.map { file in
            var mark = lz_file_mark()
            guard unsafe lz_mark("\(folder)/\(file)", &mark) == 0 else { return [] }
            return [Int64(bitPattern: mark.device), Int64(bitPattern: mark.inode), mark.size, mark.modified]
        }
    }

    /// Sets the folder in which the engines unpack. Returns false if libclamav refuses it.
    borrowing func use(scratch: String) -> Bool {
        guard main.use(scratch: scratch) else { return false }
        switch patterns {
        case .some(let engine): return engine.use(scratch: scratch)
        case .none: return true
        }
    }

    /// Scans a small file by the engine that inspects every object. If the filter found no fragment, the result is
    /// filtered.
    borrowing func scanByMainEngine(_ descriptor: CInt, size: Int64) -> ScanFacts {
        lz_filter_begin()
        var facts = main.scan(descriptor, size: size, limits: ScanLimits())
        facts.isFiltered = lz_filter_end() == 0
        return facts
    }

    /// Scans one file, and what the engine misses in it. Each engine has the limits of one scan, since each inspects
    /// the whole file: with what the first one left of its time, the second might miss what one engine with all
    /// signatures finds.
    ///
    /// - Parameters:
    ///   - encoding: by which the file's user will decode it.
    ///   - matching: for a scanner with a filter.
    ///   - type: returns the MIME type of a file of that size.
    borrowing func scan(
        _ descriptor: CInt, size: Int64, limits: ScanLimits, encoding: ContentEncoding? = nil,
        matching: PatternMatching = .filtered, type: (CInt, Int64) -> String = { _, _ in "" }
    ) -> ScanFacts {
        switch patterns {
        case .none:
            return main.scan(descriptor, size: size, limits: limits, encoding: encoding, type: type)
        case .some(let engine):
            lz_filter_begin()
            var facts = main.scan(descriptor, size: size, limits: limits, encoding: encoding, type: type)
            let isNeeded = lz_filter_end() == 1
            facts.isFiltered = !isNeeded
            guard isNeeded || matching != .filtered else { return facts }
            let more = engine.scan(descriptor, size: size, limits: limits, encoding: encoding, type: type)
            // Of more alerts than an answer holds, the first engine may have left some out.
            if matching == .verified, !isNeeded, facts.alertsLeftOut == 0 {
                // A limit that only the second engine reaches, such as that of its time, is no match.
                let missed = Set(more.alerts).subtracting(facts.alerts)
                    .filter { !$0.hasPrefix("Heuristics.Limits.Exceeded.") }.sorted()
                facts.missedAlerts = Array(missed.prefix(ScanFacts.maximumMissedAlerts))
            }
            facts.isFiltered = false
            facts.add(more)
            return facts
        }
    }
}
