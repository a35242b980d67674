import TestRandom
import Testing
import Unpacking

/// Damaged containers of every form: the walk ends, whatever it says. A crash or a hang fails the run.
@Suite(.timeLimit(.minutes(3))) struct MutationTests {
    private static let tries = 60

    @Test(arguments: [
        "gnu.tar", "pax.tar", "sparse.tar", "newc.cpio", "odc.cpio", "bsd.ar", "svr4.ar", "gzip.xar", "bare.iso",
        "joliet.iso", "zisofs.iso", "mszip.cab", "stored.lzh", "stored.rar", "stored.rar5", "lzma.7z", "bcj2.7z",
        "ppmd.7z",
        "deflated.zip", "descriptors.zip", "forced-zip64.zip", "ppmd.zip", "xz.zip", "one.gz", "two.bz2", "two.xz",
        "known-size.lzma", "one.lz", "skippable.zst", "two.lz4", "one.Z", "one.uu", "gzip.rpm",
    ])
    func `a damaged container comes to an end`(name: String) throws {
        let whole = try Samples.bytes(name)
        let form = try #require(ContainerForm(startingWith: Array(whole.prefix(ContainerForm.detectionLength))))
        var numbers = SeededGenerator(seed: UInt64(whole.count))
        for _ in 0..<Self.tries {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...8, using: &numbers) {
                // Headers stand at the two ends more often than not.
                let reach = Bool.random(using: &numbers) ? bytes.count : min(bytes.count, 600)
                let distance = Int.random(in: 0..<reach, using: &numbers)
                let place = Bool.random(using: &numbers) ? distance : bytes.count - 1 - distance
                bytes[place] = [0, 0xFF, 0x7F, UInt8.random(in: 0...255, using: &numbers)].randomElement(
                    using: &numbers)!
            }
            let file = MemoryFile(bytes)
            let count = (try? Passes.count(file, form, limit: 1 << 22)) ?? 0
            #expect(count < 10_000)
            if form == .zip { _ = try? ZipStructure(descriptor: file.descriptor, size: file.size) }
        }
    }
}
