import Digest
import Domain
import Glibc
import Support
import TestKit
import Testing
import Transfer

@Suite(.timeLimit(.minutes(1))) struct SpoolMemoryTests {
    /// The resident set size of this process, in bytes.
    static func resident() -> Int64 {
        let file = fopen("/proc/self/statm", "re")!
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        fgets(&line, CInt(line.count), file)
        let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return Int64(text.split(separator: " ")[1])! * Int64(getpagesize())
    }

    static func piece(_ range: Range<Int64>) -> [UInt8] {
        [UInt8](repeating: UInt8(truncatingIfNeeded: range.lowerBound >> 17), count: range.count)
    }

    @Test func `two hundred megabytes are spooled to an unlinked file in little memory`() async {
        // Tests that run at the same time would add their memory, so this one has a process of its own.
        await #expect(processExitsWith: .success) { try await SpoolMemoryTests.spoolTwoHundredMegabytes() }
    }

    private static func spoolTwoHundredMegabytes() async throws {
        let size: Int64 = 200 << 20
        let peak = Locked<Int64>(0)
        let s3 = try ScriptedS3()
        s3["in", "big"] = .init(size: size, etag: "e-25") { range in
            peak.withLock { $0 = max($0, resident()) }
            return piece(range)
        }
        let folder = try TemporaryDirectory()
        let fetch = RangedFetch(store: try s3.client(), directory: folder.path)
        let before = resident()
        let object = ObjectVersion(bucket: "in", key: ObjectKey("big")!, versionID: nil, etag: "e-25")
        let fetched = try await fetch.first(of: object, size: size)
        try await fetch.rest(of: fetched)
        let hash = try await fetched.bytes.sha256()
        let used = max(peak.withLock { $0 }, resident()) - before
        // Measured: 5 MB.
        #expect(used < 12 << 20, "\(used) bytes")

        var expected = SHA256()
        for start in stride(from: 0, to: size, by: 128 << 10) {
            piece(start..<start + (128 << 10)).withUnsafeBytes { expected.update($0) }
        }
        let whole = hexadecimal(expected.finish())
        #expect(hash == whole)

        var target = [CChar](repeating: 0, count: 4096)
        #expect(readlink("/proc/self/fd/\(fetched.bytes.spool.fileDescriptor)", &target, target.count - 1) > 0)
        let path = String(decoding: target.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        #expect(path.hasPrefix(folder.path + "/") && path.hasSuffix("(deleted)"), "\(path)")
        #expect(entries(of: folder.path).isEmpty)
    }

    private static func entries(of path: String) -> [String] {
        let folder = opendir(path)!
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names.filter { $0 != "." && $0 != ".." }
    }
}
