import Glibc
import ScannerTestKit
import Testing

@testable import Scanning

/// A scanner's folder beside those of other scanners that start and end at the same time.
struct ScratchTests {
    @Test func `a folder that was swept before it was locked is created again`() throws {
        let folder = Folder()
        var created: [String] = []
        let scratch = try Scratch(under: folder.path, childrenOf: nil) { path in
            created.append(path)
            if created.count < 3 { Scratch.sweep(folder.path) }
        }
        #expect(created.count == 3 && scratch.path == created[2])
        // It is locked, so that no sweep deletes it.
        Scratch.sweep(folder.path)
        #expect(scratch.prepare("0") != nil)
        #expect(folder.names.count == 1)
        scratch.remove()
    }

    @Test func `a folder that another scanner has locked is left alone`() throws {
        let folder = Folder()
        var sweeper: CInt = -1
        defer { close(sweeper) }
        let scratch = try Scratch(under: folder.path, childrenOf: nil) { path in
            guard sweeper < 0 else { return }
            sweeper = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            #expect(flock(sweeper, LOCK_EX | LOCK_NB) == 0)
        }
        #expect(scratch.path.hasSuffix(".\(getpid()).1"))
        scratch.remove()
    }

    @Test func `two scanners with the same process ID use different folders`() throws {
        let folder = Folder()
        let first = try Scratch(under: folder.path, childrenOf: nil)
        let second = try Scratch(under: folder.path, childrenOf: nil)
        #expect(first.path != second.path && first.prepare("0") != second.prepare("0"))
        first.remove()
        second.remove()
    }

    @Test(arguments: ["/nowhere/at/all", "/proc/self/fd"]) func `an unusable scratch folder is named in the error`(
        path: String
    ) {
        let failure = #expect(throws: StartFailure.self) { try Scratch(under: path, childrenOf: nil) }
        #expect(failure?.reason.contains("scratch folder \(path) cannot be used") == true)
    }
}
