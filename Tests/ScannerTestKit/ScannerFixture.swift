internal import CShims
package import Domain
internal import Foundation
internal import Glibc
package import Inspection
package import Judging
package import ScanProtocol
package import Support
internal import TestKit

/// The real scanner, from the build folder of the tests.
package enum ScannerBinary {
    package static let path: String = {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appendingPathComponent("lazaret-scanner").path
    }()

    /// The tests' own scanner, whose children perform the act in an object's first line.
    package static let hostilePath = Project.binaries + "/HostileScanner"
}

/// The EICAR test file.
package let eicar = Eicar.bytes

/// A temporary folder that is deleted when it is released.
package final class Folder: Sendable {
    package let path: String

    package init() {
        var template = Array("/tmp/lazaret-test.XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    package func write(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    package var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }
}

/// A running scanner with a signature for EICAR, and its processes.
package struct ScannerFixture {
    package let scanners: Scanners
    package let engine: EngineDescription
    package let signatures: Folder
    package let scratch: Folder

    package static let signatureName = "Lazaret.Test.Eicar.UNOFFICIAL"

    package static let eicarRow = Array("Lazaret.Test.Eicar:0:*:\(hexadecimalText(eicar))\n".utf8)

    package static func signatureFolder() throws -> Folder {
        let folder = Folder()
        try folder.write("test.ndb", eicarRow)
        return folder
    }

    /// - Parameter adding: additional signature files by name.
    package init(
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

    /// A second scanner with the same folders, not started yet.
    package func another() -> Scanners {
        Scanners(
            configuration: ScannerConfiguration(
                executable: ScannerBinary.path, signatures: signatures.path, children: 1, scratch: scratch.path),
            log: Log(write: { _ in }))
    }

    package func scan(_ bytes: [UInt8], limits: ScanLimits = ScanLimits()) async throws -> ScanReport {
        let file = Spool(bytes)
        return try await scanners.scan(file.descriptor, size: Int64(bytes.count), limits: limits)
    }

    /// The id of the scanner's first process, found by its command line. 0 without one.
    package var process: Int32 {
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
        // The fields after the name in parentheses: state, parent.
        let fields = text?.split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 1 ? pid_t(fields[1]) ?? 0 : 0
    }

    /// Waits until there are `count` ready children and returns their processes.
    package func children(_ count: Int = 1) async throws -> [Int32] { try await children(count, where: isSandboxed) }

    /// Waits until there are `count` children, all of which meet a condition, and returns their processes.
    package func children(_ count: Int, where isReady: (Int32) -> Bool) async throws -> [Int32] {
        let scanner = process
        while true {
            let text = FileManager.default.contents(atPath: "/proc/\(scanner)/task/\(scanner)/children") ?? Data()
            let children = String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
            if children.count == count, children.allSatisfy(isReady) { return children.sorted() }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Whether a child has reported its startup and closed the report socket. It then answers requests.
    private func isSandboxed(_ child: pid_t) -> Bool {
        let status = FileManager.default.contents(atPath: "/proc/\(child)/status") ?? Data()
        let hasSeccomp = String(decoding: status, as: UTF8.self).contains("\nSeccomp:\t2\n")
        let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(child)/fd")
        return hasSeccomp && open.map { Set($0).isSubset(of: ["0", "1", "2", "3"]) } == true
    }
}

extension Scanners {
    /// Scans a file and returns the findings.
    package func scan(
        _ descriptor: CInt, size: Int64, limits: ScanLimits, knownType: String? = nil
    ) async throws(ScannerError) -> ScanReport {
        let answer = try await inspect(descriptor, size: size, limits: limits, knownType: knownType)
        return ScanReport(answer, size: size, knownType: knownType, limits: limits)
    }
}

/// An unnamed file with given bytes: sealed like the worker's spool, unsealed, or unlinked on disk.
package final class Spool: Sendable {
    package enum Kind: CaseIterable { case sealedMemory, openMemory, unlinked }

    package let descriptor: CInt

    package init(_ bytes: [UInt8], _ kind: Kind = .sealedMemory, name: String = "spool") {
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

package func hexadecimalText(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

/// Returns what a Python script writes to standard output. The script finds the input in `data`.
package func python(_ script: String, input: [UInt8] = []) throws -> [UInt8] {
    let tool = try Tool.run(
        ["python3", "-c", "import sys, io\ndata = sys.stdin.buffer.read()\n" + script], input: input)
    precondition(tool.status == 0, "the script failed")
    return tool.output
}
