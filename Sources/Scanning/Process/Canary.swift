import CClamAV
import Domain
import Glibc
import Sandbox
import ScanProtocol
import Unpacking

/// A self-test that the engine must pass in a child before that child's answers count: a random pattern in a ZIP. The
/// scanner draws the pattern when it starts and loads a signature for it beside those of the folder.
///
/// To find the pattern, the engine has to unpack to scratch, read the result and match it. If the sandbox denies a
/// right that this needs, or the disk under scratch is full, the engine answers "clean" for everything compressed, and
/// only this test detects it.
///
/// If there is a filter, a second pattern in the ZIP is known only to it and to the engine behind it.
struct Canary {
    /// An engine that has a pattern of the canary.
    enum Holder: String {
        case main = "Lazaret.Canary"
        case patterns = "Lazaret.Canary.Filtered"

        /// The name that the engine reports for the pattern's signature, which is unsigned.
        fileprivate var alert: String { "\(rawValue).UNOFFICIAL" }
    }

    /// What a test covers.
    enum Extent {
        /// The engine that inspects every object, and the filter.
        case main
        /// The engine behind the filter as well, which takes ten times as long.
        case all
    }

    private static let patternLength = 32
    private let patterns: [Holder: [UInt8]]
    private let archive: [UInt8]

    init() {
        patterns = [.main: Self.randomPattern, .patterns: Self.randomPattern]
        archive = singleFileZip(containing: patterns[.main]! + patterns[.patterns]!)
    }

    private static var randomPattern: [UInt8] { (0..<patternLength).map { _ in UInt8.random(in: .min ... .max) } }

    func pattern(of holder: Holder) -> [UInt8] { patterns[holder]! }

    /// What the filter has to find.
    var fragment: UInt64 { pattern(of: .patterns).prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1.lowercase) } }

    fileprivate func row(for holder: Holder) -> String {
        SignatureRow.body(holder.rawValue, target: 0, patterns[holder]!)
    }

    /// Runs the test in the calling process. Returns nil if the patterns are found, or else what happened.
    func failure(in engines: borrowing Engines, _ extent: Extent = .all) -> String? {
        guard let facts = engines.scan(archive, extent) else {
            return "a file in its scratch folder cannot be written (\(unsafe String(cString: strerror(errno))))"
        }
        let holders: [Holder] = engines.isFiltered && extent == .all ? [.main, .patterns] : [.main]
        let answer = facts.warnings.first.map { "libclamav says \"\($0)\"" } ?? "libclamav answered code \(facts.code)"
        // Without a fragment, the other engine was left out.
        if engines.isFiltered, facts.isFiltered { return "\(answer), and the filter finds no fragment" }
        return holders.allSatisfy { facts.alerts.contains($0.alert) } ? nil : answer
    }
}

extension Engines {
    /// Whether the signatures find the EICAR test file in an archive.
    borrowing func findsEicar() -> Bool {
        // Assembled here, so that no scanner takes this program for the test file.
        let text = #"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-"# + "STANDARD-ANTIVIRUS-" + "TEST-FILE!$H+H*"
        let alerts = scan(singleFileZip(containing: Array(text.utf8)))?.alerts ?? []
        return alerts.contains { !$0.utf8.starts(with: "Heuristics.".utf8) }
    }

    /// What the signatures find in files that are known to be clean: `NAME in a harmless PDF document`; nil if nothing.
    borrowing func falseAlarm() -> String? {
        for sample in KnownSamples.clean {
            guard let alert = scan(sample.bytes)?.alerts.first else { continue }
            return "\(alert) in a harmless \(sample.name)"
        }
        return nil
    }

    /// Scans bytes as an unnamed file in the child's scratch folder. Returns nil and sets `errno` if they cannot be
    /// written.
    fileprivate borrowing func scan(_ bytes: [UInt8], _ extent: Canary.Extent = .all) -> ScanFacts? {
        let path = "\(Sandbox.scratch)/canary"
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        unsafe _ = unlink(path)
        guard unsafe write(descriptor, bytes, bytes.count) == bytes.count else { return nil }
        let size = Int64(bytes.count)
        return extent == .all
            ? scan(descriptor, size: size, limits: ScanLimits()) : scanByMainEngine(descriptor, size: size)
    }
}

extension Engine {
    /// Loads the canary's signatures, which are not counted with those of the folder.
    static func load(
        _ canary: Canary, _ holder: Canary.Holder, into handle: OpaquePointer, scratch: String
    ) throws(StartFailure) {
        try unsafe load(rows: canary.row(for: holder), as: "lazaret.ndb", into: handle, scratch: scratch)
    }
}
