import CClamAV
import Domain
import Glibc
import Sandbox
import ScanProtocol

/// A self-test that the engine must pass in a child before that child's answers count: a random pattern in a ZIP. The
/// scanner draws the pattern when it starts and loads a signature for it beside those of the folder.
///
/// To find the pattern, the engine has to unpack to scratch, read the result and match it. If the sandbox denies a
/// right that this needs, or the disk under scratch is full, the engine answers "clean" for everything compressed, and
/// only this test detects it.
struct Canary {
    /// The name that the engine reports for the pattern's signature, which is unsigned.
    private static let alert = "Lazaret.Canary.UNOFFICIAL"
    private let pattern: [UInt8]
    private let archive: [UInt8]

    init() {
        pattern = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        archive = singleFileZip(containing: pattern)
    }

    /// The one row of an `.ndb` file (ClamAV documentation, "Body-based signatures").
    fileprivate var row: String {
        let digits = Array("0123456789abcdef")
        return "Lazaret.Canary:0:*:" + pattern.map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined() + "\n"
    }

    /// Runs the test in the calling process. Returns nil if the engine finds the pattern, or else what happened.
    func failure(in engine: borrowing Engine) -> String? {
        guard let facts = engine.scan(archive) else {
            return "a file in its scratch folder cannot be written (\(unsafe String(cString: strerror(errno))))"
        }
        guard !facts.alerts.contains(Self.alert) else { return nil }
        return facts.warnings.first.map { "libclamav says \"\($0)\"" } ?? "libclamav answered code \(facts.code)"
    }
}

extension Engine {
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
    fileprivate borrowing func scan(_ bytes: [UInt8]) -> ScanFacts? {
        let path = "\(Sandbox.scratch)/canary"
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        unsafe _ = unlink(path)
        guard unsafe write(descriptor, bytes, bytes.count) == bytes.count else { return nil }
        return scan(descriptor, size: Int64(bytes.count), limits: ScanLimits())
    }

    /// Loads the canary's signature, which is not counted with those of the folder.
    static func load(_ canary: Canary, into handle: OpaquePointer, scratch: String) throws(StartFailure) {
        try unsafe load(row: canary.row, as: "lazaret.ndb", into: handle, scratch: scratch)
    }
}
