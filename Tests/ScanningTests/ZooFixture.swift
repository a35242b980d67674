import Domain
import Foundation
import Glibc
import Inspection
import Judging
import ScanProtocol
import ScannerTestKit
import Support

/// The hostile zoo, a corpus built by `Tests/Fixtures/zoo/build.py` in a temporary folder, and one scanner for it.
struct ZooFixture {
    /// One file of `animals.json` and the limits it is scanned with.
    struct Animal: Decodable {
        struct Limits: Decodable {
            var timeout: Int?
            var maxScanSize: Int64?
            var maxFiles: Int?
            var maxRecursion: Int?
            var stream: Bool?
            var encrypted: String?
        }

        let name: String
        let limits: Limits

        var scanLimits: ScanLimits {
            var chosen = ScanLimits(timeout: .seconds(120))
            if let timeout = limits.timeout { chosen.timeout = .milliseconds(timeout) }
            if let bytes = limits.maxScanSize { chosen.maxScanSize = bytes }
            if let files = limits.maxFiles { chosen.maxFiles = files }
            if let levels = limits.maxRecursion { chosen.maxRecursion = levels }
            if limits.stream == true { chosen.overCeiling = .stream }
            if let encrypted = limits.encrypted { chosen.encrypted = ScanLimits.Encrypted(rawValue: encrypted)! }
            return chosen
        }
    }

    private struct List: Decodable {
        struct Hidden: Decodable {
            let sha256: String
            let size: Int
        }

        let animals: [Animal]
        let hidden: Hidden
    }

    static let children = 2
    static let testfiles = "/usr/share/clamav-testfiles"

    let folder: Folder
    let animals: [Animal]
    let scanners: Scanners
    private let signatures: Folder
    private let scratch: Folder

    /// Builds the zoo, and starts a scanner for it.
    init() async throws {
        let folder = Folder()
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/zoo/build.py").path
        _ = try python(
            "import runpy; sys.argv = ['build.py', '\(folder.path)']; sys.dont_write_bytecode = True\n"
                + "sys.path.insert(0, '\((script as NSString).deletingLastPathComponent)')\n"
                + "runpy.run_path('\(script)', run_name='__main__')")
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/animals.json"))
        let list = try JSONDecoder().decode(List.self, from: data)
        let hidden = "\(list.hidden.sha256):\(list.hidden.size):Lazaret.Test.Hidden:73\n"
        try await self.init(folder, list.animals, hashes: hidden)
    }

    /// Starts a scanner for ClamAV's test files alone, which takes less time.
    static func forTestfiles() async throws -> ZooFixture { try await ZooFixture(Folder(), [], hashes: "") }

    /// EICAR matches anywhere; `hashes` and ClamAV's clam.exe match by the hash of a whole file.
    private init(_ folder: Folder, _ animals: [Animal], hashes: String) async throws {
        (self.folder, self.animals) = (folder, animals)
        signatures = try ScannerFixture.signatureFolder()
        var hashes = hashes
        if let program = FileManager.default.contents(atPath: "\(Self.testfiles)/clam.exe") {
            hashes += "\(try sha256(Array(program))):\(program.count):ClamAV.Test.File:73\n"
        }
        try signatures.write("test.hsb", Array(hashes.utf8))
        scratch = Folder()
        var configuration = ScannerConfiguration(
            executable: ScannerBinary.path, signatures: signatures.path, children: Self.children,
            scratch: scratch.path, maxDeaths: 2, grace: .seconds(5))
        if let matching = ProcessInfo.processInfo.environment["LAZARET_ZOO_MATCHING"] {
            configuration.matching = PatternMatching(rawValue: matching)!
        }
        scanners = Scanners(configuration: configuration, log: Log(write: { _ in }))
        _ = try await scanners.start()
    }

    func scan(_ animal: Animal) async throws -> ScanReport {
        try await scan(file: "\(folder.path)/\(animal.name)", limits: animal.scanLimits)
    }

    func scan(file path: String, limits: ScanLimits = ScanLimits(timeout: .seconds(120))) async throws -> ScanReport {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        precondition(descriptor >= 0, "\(path) cannot be opened")
        defer { close(descriptor) }
        return try await scanners.scan(descriptor, size: Int64(lseek(descriptor, 0, SEEK_END)), limits: limits)
    }
}

/// Lowercase hexadecimal.
private func sha256(_ bytes: [UInt8]) throws -> String {
    let text = try python("import hashlib; print(hashlib.sha256(data).hexdigest(), end='')", input: bytes)
    return String(decoding: text, as: UTF8.self)
}

/// The expected result for one file.
struct Expectation {
    /// The correct verdicts: one, except for rows that say why there are several.
    var verdicts: Set<Verdict>
    /// One of these must be among the report's limits if the verdict is unscannable.
    var reasons: Set<String> = []
    /// One of these signatures must be among the findings if the verdict is infected.
    var signatures: Set<String> = []
    /// Whether a second type must be reported. Nil if that is not tested.
    var polyglot: Bool?
    /// Whether reporting the second type is enough, since by default no pipeline accepts such an object.
    var acceptsSecondType = false

    static let clean = Expectation(verdicts: [.clean], polyglot: false)
    static func infected(_ signature: String) -> Expectation {
        Expectation(verdicts: [.infected], signatures: [signature])
    }
    static func unscannable(_ reasons: String...) -> Expectation {
        Expectation(verdicts: [.unscannable], reasons: Set(reasons))
    }
    /// Found, or reported as not completely inspected; never clean.
    static func infected(_ signature: String, orUnscannable reasons: String...) -> Expectation {
        Expectation(verdicts: [.infected, .unscannable], reasons: Set(reasons), signatures: [signature])
    }
    /// No limit, no signature, and the second type is reported.
    static let polyglot = Expectation(verdicts: [.clean], polyglot: true)

    /// Returns what is wrong with a report, or nil.
    func fault(of report: ScanReport) -> String? {
        let verdict = Verdict(of: report.findings)
        let names = Set(report.findings.filter { $0.kind == .signature }.map(\.name))
        if verdict == .clean, !report.secondTypes.isEmpty, !verdicts.contains(.clean), acceptsSecondType { return nil }
        guard verdicts.contains(verdict) else { return "\(verdict) instead of \(verdicts.map(\.rawValue).sorted())" }
        switch verdict {
        case .infected where names.isDisjoint(with: signatures):
            return "infected with \(names.sorted()) instead of \(signatures.sorted())"
        case .unscannable where reasons.isDisjoint(with: report.evidence.limits):
            return "unscannable for \(report.evidence.limits) instead of one of \(reasons.sorted())"
        default: break
        }
        // The pipeline judges a second type; the report only contains it.
        let isPolyglot = !report.secondTypes.isEmpty
        if let polyglot, polyglot != isPolyglot {
            return polyglot ? "its second type is missing" : "it has a second type"
        }
        return nil
    }
}
