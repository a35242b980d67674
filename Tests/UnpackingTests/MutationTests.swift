import TestKit
import TestRandom
import Testing
import Unpacking

/// Damaged containers of every form: reading them ends, with or without an error. A crash or a hang fails the run.
@Suite(.heavy, .timeLimit(.minutes(3))) struct MutationTests {
    private static let attempts = 60

    @Test(arguments: [
        "gnu.tar", "pax.tar", "sparse.tar", "newc.cpio", "odc.cpio", "bsd.ar", "svr4.ar", "gzip.xar", "bare.iso",
        "joliet.iso", "zisofs.iso", "mszip.cab", "stored.lzh", "stored.rar", "stored.rar5", "lzma.7z", "bcj2.7z",
        "ppmd.7z",
        "deflated.zip", "descriptors.zip", "forced-zip64.zip", "ppmd.zip", "xz.zip", "one.gz", "two.bz2", "two.xz",
        "known-size.lzma", "one.lz", "skippable.zst", "two.lz4", "one.Z",
    ])
    func `reading a damaged container ends`(name: String) throws {
        let whole = try Samples.bytes(name)
        let form = try #require(ContainerForm(startingWith: Array(whole.prefix(ContainerForm.detectionLength))))
        var numbers = SeededGenerator(seed: UInt64(whole.count))
        for _ in 0..<Self.attempts {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...8, using: &numbers) {
                // Headers are usually at the two ends.
                let reach = Bool.random(using: &numbers) ? bytes.count : min(bytes.count, 600)
                let distance = Int.random(in: 0..<reach, using: &numbers)
                let index = Bool.random(using: &numbers) ? distance : bytes.count - 1 - distance
                bytes[index] = [0, 0xFF, 0x7F, UInt8.random(in: 0...255, using: &numbers)].randomElement(
                    using: &numbers)!
            }
            let file = MemoryFile(bytes)
            let count = (try? ArchiveReads.count(file, form, limit: 1 << 22)) ?? 0
            #expect(count < 10_000)
            if form == .zip { _ = try? ZipStructure(descriptor: file.descriptor, size: file.size) }
        }
    }
}
