import Domain
import Foundation
import Glibc
import Inspection
import Judging
import ScanProtocol
import ScannerTestKit
import TestKit
import Testing

private let canRunContainers = geteuid() == 0 && access("/usr/sbin/runc", X_OK) == 0

/// The sandbox in containers, as `docs/SANDBOX.md` lists it: what a container forbids is made up for by other layers.
@Suite(.enabled(if: canRunContainers), .serialized, .heavy) struct ContainerTests {
    /// A row of `SETTINGS` in `container.py`, and the layers that can't be had there.
    struct Setting: CustomTestStringConvertible {
        let name: String
        let missing: [String]
        var testDescription: String { name }
    }

    static let settings = [
        Setting(name: "root", missing: ["network-namespace"]),
        Setting(name: "seven", missing: ["network-namespace"]),
        Setting(name: "none", missing: ["network-namespace", "root-folder", "user"]),
        Setting(name: "user", missing: ["network-namespace", "root-folder"]),
        Setting(name: "user-unconfined", missing: []),
        Setting(name: "admin", missing: []),
        Setting(name: "read-only", missing: ["network-namespace", "root-folder"]),
    ]

    @Test(arguments: settings) func `each property holds, and the scanner works`(_ setting: Setting) async throws {
        let container = try Container(setting.name)
        let fixture = try await ScannerFixture(scratch: container.scratch) {
            $0.executable = container.wrapper
            $0.sandbox = .properties
            chmod($0.signatures, 0o755)
        }
        let missing = fixture.engine.sandbox.filter { !$0.isGiven }.map(\.name).sorted()
        #expect(missing == setting.missing, "\(fixture.engine.missingLayers)")
        #expect(fixture.engine.missingProperties == [])
        #expect(Verdict(of: try await fixture.scan(eicar).findings) == .infected)
        #expect(Verdict(of: try await fixture.scan(Array("plain words".utf8)).findings) == .clean)
        _ = await fixture.scanners.stop()
    }

    @Test func `advice that a container can't follow is not given there`() async throws {
        let container = try Container("user")
        let error = await #expect(throws: (any Error).self) {
            _ = try await ScannerFixture(scratch: container.scratch) {
                $0.executable = container.wrapper
                $0.sandbox = .all
                chmod($0.signatures, 0o755)
            }
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("in a container, use --require-sandbox without '=all'"), "\(text)")
        #expect(!text.contains("user namespaces"), "\(text)")
    }
}

/// A scanner that starts in a container.
private final class Container {
    let wrapper: String
    /// Belongs to the user of the container's scanner.
    let scratch = Folder()
    private let folder = Folder()

    init(_ setting: String) throws {
        wrapper = "\(folder.path)/wrapper"
        let user: uid_t = ["user", "user-unconfined", "read-only"].contains(setting) ? 10001 : 0
        guard chown(scratch.path, user, user) == 0, chmod(folder.path, 0o755) == 0 else { throw Errno() }
        // The folder of the signatures is the argument behind `--signatures`.
        let line = """
            #!/bin/sh
            exec python3 '\(Project.fixture("container.py"))' '\(folder.path)' \(setting) '\(ScannerBinary.path)' \
            '\(scratch.path)' "$2" -- "$@"

            """
        // Written by another process, as no descriptor of this one may be open for writing when it is executed.
        let script =
            "import os, sys\nopen(sys.argv[1], 'wb').write(sys.stdin.buffer.read())\nos.chmod(sys.argv[1], 0o755)"
        let tool = try Tool.run(["python3", "-c", script, wrapper], input: Array(line.utf8))
        guard tool.status == 0 else { throw Errno() }
    }

    deinit {
        let name = folder.path.split(separator: "/").last ?? ""
        _ = try? Tool.run(["runc", "--root", "\(folder.path)/state", "delete", "--force", String(name)])
    }

    private struct Errno: Error {}
}
