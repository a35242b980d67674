import CShims
import Domain
import Foundation
import Glibc
import Inspection
import Judging
import ScanProtocol
import ScannerTestKit
import TestKit
import Testing

/// The sandbox of real children, inspected from outside.
@Suite(.heavy, .timeLimit(.minutes(1)))
struct SandboxTests {
    private static let layers = [
        "priority", "network-namespace", "user", "root-folder", "capabilities", "no-new-privileges", "no-dumps",
        "limits", "landlock",
        "seccomp",
    ]
    private static let isRoot = geteuid() == 0

    // MARK: Layers

    @Test func `the probe reports every layer`() async throws {
        let fixture = try await ScannerFixture()
        #expect(fixture.engine.sandbox.map(\.name) == Self.layers)
        for layer in fixture.engine.sandbox { #expect(layer.isGiven, "\(layer.name): \(layer.detail)") }
        _ = await fixture.scanners.stop()
    }

    @Test func `the kernel confirms each layer`() async throws {
        let fixture = try await ScannerFixture(children: 2)
        for child in try await fixture.children(2) {
            let status = fields(of: "/proc/\(child)/status", separator: ":")
            #expect(status["Seccomp"] == "2")
            #expect(status["NoNewPrivs"] == "1")
            for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
                #expect(status[set].flatMap { UInt64($0, radix: 16) } == 0, "\(set)")
            }
            if Self.isRoot {
                let ids = Set(status["Uid"]?.split(separator: "\t") ?? []).union(
                    status["Gid"]?.split(separator: "\t") ?? [])
                #expect(!ids.isEmpty && !ids.contains("0"), "\(ids)")
                #expect(status["Groups"] == "")
                let root = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(child)/root")
                #expect(root.hasPrefix("\(fixture.scratch.path)/lazaret-scanner."))
                for space in ["net", "ipc"] { #expect(try namespace(space, child) != namespace(space, getpid())) }
            }
            #expect(
                getpriority(CInt(PRIO_PROCESS.rawValue), id_t(child))
                    == min(19, getpriority(CInt(PRIO_PROCESS.rawValue), 0) + 5))
            #expect(try number(in: "/proc/\(child)/oom_score_adj") == number(in: "/proc/self/oom_score_adj") + 500)
        }
        _ = await fixture.scanners.stop()
    }

    @Test func `a child's resource limits are set`() async throws {
        let fixture = try await ScannerFixture(configuring: {
            $0.memory = 1 << 30
            $0.scratchLimit = 64 << 20
        })
        let child = try await fixture.children()[0]
        let limits = try String(contentsOfFile: "/proc/\(child)/limits", encoding: .utf8)
        func limit(_ name: String) -> Int64? {
            let line = limits.split(separator: "\n").first { $0.hasPrefix(name) }
            return line?.dropFirst(name.count).split(separator: " ").first.flatMap { Int64($0) }
        }
        #expect(limit("Max file size") == 64 << 20)
        #expect(limit("Max processes") == 0)
        #expect(limit("Max core file size") == 0)
        #expect(limit("Max open files") == 512)
        #expect(try #require(limit("Max cpu time")) <= 120)
        let space = try #require(limit("Max address space"))
        #expect((1 << 30...3 << 30).contains(space))
        _ = await fixture.scanners.stop()
    }

    @Test func `each child has its own network`() async throws {
        guard Self.isRoot else { return }
        let fixture = try await ScannerFixture(children: 2)
        let children = try await fixture.children(2)
        #expect(try namespace("net", children[0]) != namespace("net", children[1]))
        _ = await fixture.scanners.stop()
    }

    @Test(arguments: [true, false])
    func `the probe reports whether the signatures find EICAR`(_ finds: Bool) async throws {
        let fixture = try await ScannerFixture()
        try fixture.signatures.write(
            "test.ndb",
            finds
                ? ScannerFixture.eicarRow : Array("Lazaret.Test.Other:0:*:\(String(repeating: "a5", count: 40))\n".utf8)
        )
        let scanners = fixture.another()
        let engine = try await scanners.start()
        #expect(engine.findsEicar == finds)
        #expect(engine.signatureCount == 1, "the canary's signature does not count")
        _ = await scanners.stop()
        _ = await fixture.scanners.stop()
    }

    // MARK: The canary

    @Test(.enabled(if: SmallDisk.isPossible))
    func `a full disk under scratch fails the start`() async throws {
        // One page: not enough for the signatures that are loaded from there.
        let disk = try SmallDisk(bytes: 4096)
        let error = await startError { $0.scratch = disk.path }
        #expect(error?.code == .start)
        #expect(error?.message.contains("cannot be written to (No space left on device)") == true, "\(error!)")
        #expect(error?.message.contains(disk.path) == true)
    }

    @Test(.enabled(if: SmallDisk.isPossible))
    func `a read-only scratch folder fails the start`() async throws {
        let disk = try SmallDisk(bytes: 1 << 20)
        try #require(mount(nil, disk.path, nil, UInt(MS_REMOUNT | MS_RDONLY), nil) == 0)
        let error = await startError { $0.scratch = disk.path }
        #expect(error?.message.contains("\(disk.path) cannot be used (Read-only file system)") == true, "\(error!)")
    }

    @Test func `a child that can no longer use its scratch folder sends no answer`() async throws {
        let log = LogLines()
        let fixture = try await ScannerFixture(log: log.log)
        let child = try await fixture.children()[0]
        #expect(chmod("\(fixture.scratch.path)/lazaret-scanner.\(fixture.process)/0", 0) == 0)
        let file = Spool(Array("plain words".utf8))
        // Far more requests than between two canary tests.
        for _ in 0..<600 {
            #expect(try await fixture.scanners.identify(file.descriptor, size: 11) == "text/plain")
        }
        #expect(try await fixture.children()[0] != child)
        #expect(log.all.filter { $0.contains("in its sandbox, the engine no longer finds") }.count == 1, "\(log.all)")
        _ = await fixture.scanners.stop()
    }

    // MARK: Missing layers

    /// A user namespace without another user to change to.
    private static let withoutUsers = "exec \(UserNamespace.words.joined(separator: " ")) \"$SCANNER\" \"$@\""

    @Test(.enabled(if: UserNamespace.isPossible))
    func `a missing layer is reported, and the scanner works`() async throws {
        let wrapper = try Wrapper(Self.withoutUsers)
        let fixture = try await ScannerFixture(configuring: { $0.executable = wrapper.path })
        let missing = fixture.engine.sandbox.filter { !$0.isGiven }
        #expect(missing.map(\.name) == ["user"])
        #expect(missing.first?.detail.isEmpty == false)
        #expect(fixture.engine.missingLayers == missing.map { "user (\($0.detail))" })
        #expect(Verdict(of: try await fixture.scan(eicar).findings) == .infected)
        _ = await fixture.scanners.stop()
    }

    @Test(.enabled(if: UserNamespace.isPossible))
    func `a missing layer fails the start if all are required`() async throws {
        let wrapper = try Wrapper(Self.withoutUsers)
        let error = await startError {
            $0.executable = wrapper.path
            $0.sandbox = .all
        }
        #expect(error?.code == .start)
        #expect(error?.message.contains("--require-sandbox=all is set") == true, "\(error!)")
        #expect(error?.message.contains("sandbox: user (") == true, "\(error!)")
    }

    @Test func `a complete sandbox meets the requirement`() async throws {
        let fixture = try await ScannerFixture(configuring: { $0.sandbox = .all })
        #expect(Verdict(of: try await fixture.scan(eicar).findings) == .infected)
        _ = await fixture.scanners.stop()
    }

    @Test(.enabled(if: isRoot))
    func `a scanner without root has a sandbox as well`() async throws {
        let wrapper = try Wrapper(
            #"exec /usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups -- "$SCANNER" "$@""#, copying: true)
        let scratch = Folder()
        #expect(chown(scratch.path, 65534, 65534) == 0)
        let fixture = try await ScannerFixture(scratch: scratch) {
            $0.executable = wrapper.path
            chmod($0.signatures, 0o755)
        }
        // Without root, these two layers need a user namespace.
        let inNamespace = ["network-namespace", "root-folder"]
        for layer in fixture.engine.sandbox where UserNamespace.isPossible || !inNamespace.contains(layer.name) {
            #expect(layer.isGiven, "\(layer.name): \(layer.detail)")
        }
        let child = try await fixture.children()[0]
        #expect(fields(of: "/proc/\(child)/status", separator: ":")["Uid"] == "65534\t65534\t65534\t65534")
        #expect(fields(of: "/proc/\(child)/status", separator: ":")["CapEff"] == "0000000000000000")
        let archive = try python(
            "import zipfile\nout = io.BytesIO()\nzipfile.ZipFile(out, 'w', 8).writestr('a', data)\n"
                + "z = zipfile.ZipFile(out, 'w', 8)\nz.writestr('a', data)\nz.close()\nsys.stdout.buffer.write(out.getvalue())",
            input: eicar)
        #expect(Verdict(of: try await fixture.scan(archive).findings) == .infected)
        // No child outlives the scanner's first process.
        let scanner = fixture.process
        #expect(kill(scanner, SIGKILL) == 0)
        while kill(child, 0) == 0 { try await Task.sleep(for: .milliseconds(2)) }
        #expect(Verdict(of: try await fixture.scan(archive).findings) == .infected)
        _ = await fixture.scanners.stop()
        #expect(scratch.names.isEmpty)
    }

    // MARK: Scratch

    /// Each file is below the limit for one file, and all together exceed that of the folder. Empty files count, too.
    @Test(arguments: [(files: 3, bytes: 4 << 20), (files: 600, bytes: 0)])
    func `a child whose scratch folder exceeds its limit is killed, and the log says why`(files: Int, bytes: Int)
        async throws
    {
        let log = LogLines()
        let fixture = try await ScannerFixture(log: log.log) {
            $0.scratchLimit = 8 << 20
            // It gets requests until its folder is checked.
            $0.requestsPerChild = .max
        }
        let child = try await fixture.children()[0]
        let folder = "\(fixture.scratch.path)/lazaret-scanner.\(fixture.process)/0"
        for index in 0..<files {
            #expect(FileManager.default.createFile(atPath: "\(folder)/\(index)", contents: Data(count: bytes)))
        }
        let file = Spool(Array("plain words".utf8))
        while kill(child, 0) == 0 { _ = try await fixture.scanners.identify(file.descriptor, size: 11) }
        _ = try await fixture.children()
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty,
            "the next child starts with an empty folder")
        #expect(log.all.contains { $0.contains("its scratch folder held more than 8 MiB") }, "\(log.all)")
        _ = await fixture.scanners.stop()
    }

    @Test func `deleted files count for the process that has them open`() async throws {
        let folder = Folder()
        let size: Int64 = 3 << 20
        // Two writable files, and a read-only one that stands for the object.
        let helper = try HelperProcess(
            "python3",
            [
                "-c",
                """
                import os, signal, sys
                for mode in (os.O_RDWR, os.O_RDWR, os.O_RDONLY):
                    path = sys.argv[1] + '/file'
                    open(path, 'wb').write(b'x' * \(size))
                    os.open(path, mode)
                    os.unlink(path)
                print(os.getpid(), 'open', flush=True)
                signal.pause()
                """, folder.path,
            ])
        let line = try #require(await helper.line(containing: "open"))
        let process = try #require(pid_t(line.prefix { $0 != " " }))
        let bytes = lz_unnamed_bytes(process, folder.path)
        #expect((2 * size..<2 * size + 1 << 20).contains(bytes), "\(bytes)")
        helper.end()
        #expect(lz_unnamed_bytes(process, folder.path) == 0)
    }

    @Test func `leftovers of any depth and mode are swept`() async throws {
        let scratch = Folder()
        _ = try python(
            """
            import os
            os.chdir(\(quoted(scratch.path)))
            os.makedirs('lazaret-scanner.1/0/shut')
            open('lazaret-scanner.1/0/shut/file', 'w').close()
            os.chmod('lazaret-scanner.1/0/shut', 0)
            os.chdir('lazaret-scanner.1/0')
            for _ in range(100):
                os.mkdir('d' * 200)
                os.chdir('d' * 200)
            """)
        let fixture = try await ScannerFixture(scratch: scratch)
        #expect(scratch.names == ["lazaret-scanner.\(fixture.process)"])
        _ = await fixture.scanners.stop()
        #expect(scratch.names.isEmpty)
    }

    // MARK: Helpers

    private func startError(_ configure: (inout ScannerConfiguration) -> Void) async -> ScannerError? {
        await #expect(throws: ScannerError.self) { try await ScannerFixture(configuring: configure) }
    }

    /// `Name:<tab>value` lines.
    private func fields(of path: String, separator: Character) -> [String: String] {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return Dictionary(
            text.split(separator: "\n").map { line in
                let parts = line.split(separator: separator, maxSplits: 1)
                return (String(parts[0]), parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
            }, uniquingKeysWith: { $1 })
    }

    private func namespace(_ kind: String, _ process: pid_t) throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/ns/\(kind)")
    }

    private func number(in path: String) throws -> Int {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }
}

/// A script that starts the scanner in another environment.
private struct Wrapper {
    let folder = Folder()
    var path: String { "\(folder.path)/wrapper" }

    /// - Parameters:
    ///   - line: a line of a shell script. `$SCANNER` is the scanner's path.
    ///   - copying: whether to copy the scanner to the folder, because its user may not enter the build folder.
    init(_ line: String, copying: Bool = false) throws {
        var scanner = ScannerBinary.path
        var script = "import os, shutil\n"
        if copying {
            script += "shutil.copy(\(quoted(scanner)), \(quoted(folder.path)))\n"
            scanner = "\(folder.path)/lazaret-scanner"
            chmod(folder.path, 0o755)
        }
        // Written by another process: a file that this one has open for writing is inherited by programs that other
        // tests start, and cannot be executed until they close it.
        script += "open(\(quoted(path)), 'wb').write(data)\nos.chmod(\(quoted(path)), 0o755)\n"
        _ = try python(script, input: Array("#!/bin/sh\nSCANNER='\(scanner)'\n\(line)\n".utf8))
    }
}

private func quoted(_ path: String) -> String { "'\(path)'" }
