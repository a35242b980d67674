import Domain
import Foundation
import Glibc
import Inspection
import Judging
import ScannerTestKit
import Support

/// The hostile zoo: animals built by `Tests/Fixtures/zoo/build.py` into a folder that goes with this value, and one
/// scanner that looks at them.
struct Zoo {
    /// One file and the limits it is scanned under, as `animals.json` tells.
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

    init() async throws {
        folder = Folder()
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/zoo/build.py").path
        _ = try python(
            "import runpy; sys.argv = ['build.py', '\(folder.path)']; sys.dont_write_bytecode = True\n"
                + "sys.path.insert(0, '\((script as NSString).deletingLastPathComponent)')\n"
                + "runpy.run_path('\(script)', run_name='__main__')")
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/animals.json"))
        let list = try JSONDecoder().decode(List.self, from: data)
        animals = list.animals

        // EICAR wherever it stands; the hidden payload and ClamAV's clam.exe only where they are a file of their own.
        signatures = try ScannerFixture.signatureFolder()
        var hashes = "\(list.hidden.sha256):\(list.hidden.size):Lazaret.Test.Hidden:73\n"
        if let program = FileManager.default.contents(atPath: "\(Self.testfiles)/clam.exe") {
            hashes += "\(try sha256(Array(program))):\(program.count):ClamAV.Test.File:73\n"
        }
        try signatures.write("test.hsb", Array(hashes.utf8))
        scratch = Folder()
        scanners = Scanners(
            configuration: ScannerConfiguration(
                executable: ScannerBinary.path, signatures: signatures.path, children: Self.children,
                scratch: scratch.path, maxDeaths: 2, grace: .seconds(5)),
            log: Log(write: { _ in }))
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

/// What must become of one animal.
struct Expectation {
    /// The verdicts that are right: one, but for the rows that say why more than one is.
    var verdicts: Set<Verdict>
    /// One of these must be among the report's limits, where it is unscannable.
    var reasons: Set<String> = []
    /// One of these signatures must be among the findings, where it is infected.
    var signatures: Set<String> = []
    /// Whether a second type must be told of; nil where that is another's matter.
    var polyglot: Bool?
    /// Whether telling of the second type is enough, since by default no pipeline takes such an object.
    var acceptsSecondType = false

    static let clean = Expectation(verdicts: [.clean], polyglot: false)
    static func infected(_ signature: String) -> Expectation {
        Expectation(verdicts: [.infected], signatures: [signature])
    }
    static func unscannable(_ reasons: String...) -> Expectation {
        Expectation(verdicts: [.unscannable], reasons: Set(reasons))
    }
    /// Found, or told of as not wholly seen; never clean.
    static func infected(_ signature: String, orUnscannable reasons: String...) -> Expectation {
        Expectation(verdicts: [.infected, .unscannable], reasons: Set(reasons), signatures: [signature])
    }
    /// No limit, no signature, and the second type is told of.
    static let polyglot = Expectation(verdicts: [.clean], polyglot: true)

    /// What is wrong with a report; nil where it is as it must be.
    func fault(of report: ScanReport) -> String? {
        let verdict = Verdict(of: report.findings)
        let names = Set(report.findings.filter { $0.kind == .signature }.map(\.name))
        if verdict == .clean, !report.secondTypes.isEmpty, !verdicts.contains(.clean), acceptsSecondType { return nil }
        guard verdicts.contains(verdict) else { return "\(verdict), and \(verdicts.map(\.rawValue).sorted()) is right" }
        switch verdict {
        case .infected where names.isDisjoint(with: signatures):
            return "infected with \(names.sorted()), and \(signatures.sorted()) is right"
        case .unscannable where reasons.isDisjoint(with: report.evidence.limits):
            return "unscannable for \(report.evidence.limits), and one of \(reasons.sorted()) is right"
        default: break
        }
        // What a second type amounts to is the pipeline's to say; the report only tells of it.
        let isPolyglot = !report.secondTypes.isEmpty
        if let polyglot, polyglot != isPolyglot {
            return polyglot ? "its second type goes unsaid" : "it is called a polyglot"
        }
        return nil
    }
}
