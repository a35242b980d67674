import CShims
import Domain
import Foundation
import Glibc
import Inspection
import Support
import TestKit

/// The real scanner, from the folder that the tests were built into.
enum ScannerBinary {
    static let path: String = {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appendingPathComponent("lazaret-scanner").path
    }()

    /// The tests' own, whose children do what an object tells them to.
    static let hostilePath = Project.binaries + "/HostileScanner"
}

/// The EICAR test file, put together when it is asked for: the whole of it stands in no file of the project.
let eicar = Array((#"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICA"# + "R-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").utf8)

/// A folder that is deleted with its owner.
final class Folder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/lazaret-test.XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }
}

/// A running scanner with a signature of EICAR, and its processes.
struct Station {
    let scanners: Scanners
    let engine: EngineDescription
    let signatures: Folder
    let scratch: Folder

    static let signatureName = "Lazaret.Test.Eicar.UNOFFICIAL"

    static let eicarRow = Array("Lazaret.Test.Eicar:0:*:\(hexadecimalText(eicar))\n".utf8)

    static func signatureFolder() throws -> Folder {
        let folder = Folder()
        try folder.write("test.ndb", eicarRow)
        return folder
    }

    /// - Parameter adding: more files of signatures, by name.
    init(
        children: Int = 1, maxDeaths: Int = 3, grace: Duration = .seconds(5), log: Log = Log(write: { _ in }),
        scratch: Folder = Folder(), adding: [String: String] = [:],
        configuring configure: (inout ScannerConfiguration) -> Void = { _ in }
    ) async throws {
        signatures = try Self.signatureFolder()
        for (name, text) in adding { try signatures.write(name, Array(text.utf8)) }
        self.scratch = scratch
        var configuration = ScannerConfiguration(
            executable: ScannerBinary.path, signatures: signatures.path, children: children, scratch: scratch.path,
            maxDeaths: maxDeaths, grace: grace)
        configure(&configuration)
        scanners = Scanners(configuration: configuration, log: log)
        do {
            engine = try await scanners.start()
        } catch {
            _ = await scanners.stop()
            throw error
        }
    }

    /// A scanner beside this one, with the same folders; not started yet.
    func another() -> Scanners {
        Scanners(
            configuration: ScannerConfiguration(
                executable: ScannerBinary.path, signatures: signatures.path, children: 1, scratch: scratch.path),
            log: Log(write: { _ in }))
    }

    func scan(_ bytes: [UInt8], limits: ScanLimits = ScanLimits()) async throws -> ScanReport {
        let file = Spool(bytes)
        return try await scanners.scan(file.descriptor, size: Int64(bytes.count), limits: limits)
    }

    /// The process of the scanner, found by its command line.
    var process: pid_t {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let process = pid_t(name), let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline"),
                String(decoding: line, as: UTF8.self).contains(signatures.path), parent(of: process) == getpid()
            else { continue }
            return process
        }
        return 0
    }

    private func parent(of process: pid_t) -> pid_t {
        let text = FileManager.default.contents(atPath: "/proc/\(process)/stat").map {
            String(decoding: $0, as: UTF8.self)
        }
        // The fields behind the name in parentheses: state, parent.
        let fields = text?.split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 1 ? pid_t(fields[1]) ?? 0 : 0
    }

    /// The processes of its children, once there are `count` and all are ready.
    func children(_ count: Int = 1) async throws -> [pid_t] { try await children(count, where: isInCell) }

    /// The same, with all of them as is asked for.
    func children(_ count: Int, where isReady: (pid_t) -> Bool) async throws -> [pid_t] {
        let scanner = process
        while true {
            let text = FileManager.default.contents(atPath: "/proc/\(scanner)/task/\(scanner)/children") ?? Data()
            let children = String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
            if children.count == count, children.allSatisfy(isReady) { return children.sorted() }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Whether a child has told the first process of its sandbox, and closed the descriptor that it did so by: from here on it
    /// answers requests.
    private func isInCell(_ child: pid_t) -> Bool {
        let status = FileManager.default.contents(atPath: "/proc/\(child)/status") ?? Data()
        let isShut = String(decoding: status, as: UTF8.self).contains("\nSeccomp:\t2\n")
        let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(child)/fd")
        return isShut && open.map { Set($0).isSubset(of: ["0", "1", "2", "3"]) } == true
    }
}

/// Bytes in a file without a name, sealed as the worker's spool is, or unlinked on disk.
final class Spool {
    enum Kind: CaseIterable { case sealedMemory, openMemory, unlinked }

    let descriptor: CInt

    init(_ bytes: [UInt8], _ kind: Kind = .sealedMemory, name: String = "spool") {
        switch kind {
        case .sealedMemory, .openMemory: descriptor = lz_memfd(name)
        case .unlinked:
            var template = Array("/tmp/lazaret-spool.XXXXXX".utf8CString)
            descriptor = mkstemp(&template)
            unlink(template)
        }
        write(bytes, to: descriptor)
        if kind == .sealedMemory { precondition(lz_seal(descriptor) == 0) }
    }

    deinit { close(descriptor) }
}

func hexadecimalText(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

/// What a few lines of Python write to standard output.
func python(_ script: String, input: [UInt8] = []) throws -> [UInt8] {
    let tool = try Tool.run(
        ["python3", "-c", "import sys, io\ndata = sys.stdin.buffer.read()\n" + script], input: input)
    precondition(tool.status == 0, "the script failed")
    return tool.output
}
