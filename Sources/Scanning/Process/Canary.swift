import CClamAV
import Domain
import Glibc
import Sandbox
import ScanProtocol

/// What the engine must find in a child for that child's answers to count: a pattern of this scanner's own, drawn when it
/// starts and loaded beside the signatures of the folder, packed in a ZIP.
///
/// To find it, the engine has to unpack into scratch, read what it unpacked and match it. Where a sandbox leaves a right out
/// that this takes, or the disk under scratch is full, the engine says "clean" of everything that is packed, and nothing
/// but this shows it.
struct Canary {
    /// The name of the pattern's signature, as the engine tells it: of a file without a signer.
    private static let alert = "Lazaret.Canary.UNOFFICIAL"
    private let pattern: [UInt8]
    private let archive: [UInt8]

    init() {
        pattern = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        archive = zipArchive(holding: pattern)
    }

    /// The one row of an `.ndb` file (ClamAV documentation, "Body-based signatures").
    fileprivate var row: String {
        let digits = Array("0123456789abcdef")
        return "Lazaret.Canary:0:*:" + pattern.map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined() + "\n"
    }

    /// Nil where the engine finds the pattern, in the process that calls this; else what it did.
    func missed(by engine: borrowing Engine) -> String? {
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
        // Put together here, so that no file of ours is taken for it.
        let text = #"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-"# + "STANDARD-ANTIVIRUS-" + "TEST-FILE!$H+H*"
        let alerts = scan(zipArchive(holding: Array(text.utf8)))?.alerts ?? []
        return alerts.contains { !$0.utf8.starts(with: "Heuristics.".utf8) }
    }

    /// Scans bytes as a file of the child's scratch folder, where they stand without a name; nil and errno where they
    /// cannot be written there.
    fileprivate borrowing func scan(_ bytes: [UInt8]) -> ScanFacts? {
        let path = "\(Sandbox.scratch)/canary"
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        unsafe _ = unlink(path)
        guard unsafe write(descriptor, bytes, bytes.count) == bytes.count else { return nil }
        return scan(descriptor, size: Int64(bytes.count), limits: ScanLimits())
    }

    /// Loads the canary's signature, which does not count among those of the folder.
    static func load(_ canary: Canary, into handle: OpaquePointer, scratch: String) throws(StartFailure) {
        try unsafe load(row: canary.row, as: "lazaret.ndb", into: handle, scratch: scratch)
    }
}
