import Glibc
import ScannerTestKit
import Testing

@testable import Scanning

/// The folder of a scanner among those of others that start and end beside it.
struct ScratchTests {
    @Test func `a folder that another swept before it was locked is made anew`() throws {
        let folder = Folder()
        var made: [String] = []
        let scratch = try Scratch(under: folder.path, childrenOf: nil) { path in
            made.append(path)
            if made.count < 3 { Scratch.sweep(folder.path) }
        }
        #expect(made.count == 3 && scratch.path == made[2])
        // It is locked: no sweep takes it any more.
        Scratch.sweep(folder.path)
        #expect(scratch.prepare("0") != nil)
        #expect(folder.names.count == 1)
        scratch.remove()
    }

    @Test func `a folder that another is about to sweep is left to it`() throws {
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

    @Test func `one of another container with the same number is no obstacle`() throws {
        let folder = Folder()
        let first = try Scratch(under: folder.path, childrenOf: nil)
        let second = try Scratch(under: folder.path, childrenOf: nil)
        #expect(first.path != second.path && first.prepare("0") != second.prepare("0"))
        first.remove()
        second.remove()
    }

    @Test(arguments: ["/nowhere/at/all", "/proc/self/fd"]) func `a folder that cannot be used is named`(path: String) {
        let failure = #expect(throws: StartFailure.self) { try Scratch(under: path, childrenOf: nil) }
        #expect(failure?.reason.contains("scratch folder \(path) cannot be used") == true)
    }
}
