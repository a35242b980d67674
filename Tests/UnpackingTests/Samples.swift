import Foundation
import TestKit
import Unpacking

/// The samples that `Tests/Fixtures/containers.py` writes, created once per run. Those that can be read hold the same
/// files.
enum Samples {
    private static let folder: TemporaryDirectory = {
        let folder = try! TemporaryDirectory()
        let tool = try! Tool.run(["python3", Project.fixture("containers.py"), folder.path])
        precondition(tool.status == 0, "the samples cannot be created: are bsdtar, 7z and zip installed?")
        return folder
    }()

    static func bytes(_ name: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name)")))
    }

    static func file(_ name: String) throws -> MemoryFile { MemoryFile(try bytes(name)) }

    /// The files that all samples hold, by name.
    static let plain: [String: [UInt8]] = try! [
        "notes.txt": bytes("plain/notes.txt"), "noise.bin": bytes("plain/noise.bin"), "small": bytes("plain/small"),
    ]
    static let text = plain["notes.txt"]!
    static let noise = plain["noise.bin"]!

    /// Returns what a Python script writes to standard output.
    static func python(_ script: String) throws -> [UInt8] {
        let tool = try Tool.run(
            ["python3", "-c", "import sys, io, struct, zlib, zipfile\nout = sys.stdout.buffer\n" + script])
        precondition(tool.status == 0, "the script failed")
        return tool.output
    }
}
