import CShims
import Foundation
import Glibc
import Support
import TestKit
import Unpacking

/// The samples that `Tests/Fixtures/containers.py` writes, made once a run. Each opened one holds the same files.
enum Samples {
    private static let folder: TemporaryDirectory = {
        let folder = try! TemporaryDirectory()
        let tool = try! Tool.run(["python3", Project.fixture("containers.py"), folder.path])
        precondition(tool.status == 0, "the samples cannot be made: are bsdtar, 7z and zip there?")
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

    /// What a few lines of Python write to standard output.
    static func python(_ script: String) throws -> [UInt8] {
        let tool = try Tool.run(
            ["python3", "-c", "import sys, io, struct, zlib, zipfile\nout = sys.stdout.buffer\n" + script])
        precondition(tool.status == 0, "the script failed")
        return tool.output
    }
}

/// Bytes in a file without a name.
final class MemoryFile: Sendable {
    let descriptor: CInt

    init(_ bytes: [UInt8] = []) {
        descriptor = lz_memfd("sample")
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(done)) }
            precondition(count > 0)
            done += count
        }
    }

    deinit { close(descriptor) }

    var size: Int64 {
        var facts = stat()
        fstat(descriptor, &facts)
        return Int64(facts.st_size)
    }

    var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = bytes.withUnsafeMutableBytes { readAt(descriptor, offset: 0, into: $0) }
        precondition(count == bytes.count)
        return bytes
    }

    func cut(to length: Int64) { precondition(ftruncate(descriptor, off_t(length)) == 0) }
}

/// All that one way through a container gave.
struct Walk {
    struct Visit {
        let member: Member
        var bytes: [UInt8] = []
        var error: UnpackingError?
    }

    private(set) var visits: [Visit] = []
    /// What ended the walk before the container's end.
    private(set) var error: UnpackingError?
    private(set) var trailingBytes: Int64?

    /// - Parameter form: the one that the bytes tell, unless given.
    init(_ file: MemoryFile, form: ContainerForm? = nil, limit: Int64 = 1 << 24) {
        do throws(UnpackingError) {
            guard let form = form ?? ContainerForm(descriptor: file.descriptor) else {
                throw UnpackingError(.method, "no container")
            }
            var archive = try Archive(descriptor: file.descriptor, size: file.size, form: form)
            while let member = try archive.next() {
                var visit = Visit(member: member)
                do throws(UnpackingError) {
                    let scratch = MemoryFile()
                    let count = try archive.unpack(into: scratch.descriptor, limit: limit)
                    visit.bytes = scratch.bytes
                    precondition(count == visit.bytes.count)
                } catch {
                    visit.error = error
                }
                visits.append(visit)
            }
            trailingBytes = archive.trailingBytes
        } catch {
            self.error = error
        }
    }

    /// The first error, whether of a member or of the container.
    var firstError: UnpackingError? { visits.lazy.compactMap(\.error).first ?? error }
    /// The members with data that were wholly unpacked.
    var contents: [[UInt8]] { visits.filter { $0.member.holdsData && $0.error == nil }.map(\.bytes) }
}
