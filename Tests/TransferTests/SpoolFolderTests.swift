import Domain
import Glibc
import Support
import TestKit
import Testing

@testable import Transfer

/// The count of spooled bytes, and the wait for space on a full disk.
@Suite(.timeLimit(.minutes(1))) struct SpoolFolderTests {
    private static let full = SystemError("write to the spool", code: ENOSPC)

    /// A disk whose free space the test sets; it counts writes.
    private final class Disk: Sendable {
        private let state = Locked((free: Int64(0), tries: 0, successes: 0, spaceFreed: 0))
        var free: Int64 {
            get { state.withLock { $0.free } }
            set { state.withLock { $0.free = newValue } }
        }
        var tries: Int { state.withLock { $0.tries } }
        var successes: Int { state.withLock { $0.successes } }
        var spaceFreed: Int { state.withLock { $0.spaceFreed } }
        func freeSpace() { state.withLock { $0.spaceFreed += 1 } }

        func write(_ bytes: Int64) throws {
            let fits = state.withLock { state in
                state.tries += 1
                if state.free >= bytes { state.successes += 1 }
                return state.free >= bytes
            }
            if !fits { throw full }
        }
    }

    private func folder(_ disk: Disk, _ clock: ManualClock) -> SpoolFolder {
        SpoolFolder("/nowhere", diskSpace: { DiskSpace(free: disk.free, total: 0) }, clock: clock)
    }

    private func fetch(_ bytes: Int64, _ folder: SpoolFolder, _ disk: Disk) -> Task<Void, any Error> {
        Task {
            try await folder.retryingWhenFull(bytes: bytes, freeSpace: { disk.freeSpace() }) { try disk.write(bytes) }
        }
    }

    @Test func `a fetch that finds the disk full is repeated once there is space`() async throws {
        let (disk, clock) = (Disk(), ManualClock())
        let folder = folder(disk, clock)
        let fetch = fetch(100, folder, disk)
        for _ in 0..<5 {
            await clock.untilSleepers(1)
            #expect(folder.isWaitedFor && disk.tries == 1 && disk.spaceFreed == 1)
            clock.advance(by: .seconds(1))
        }
        await clock.untilSleepers(1)
        disk.free = 100
        clock.advance(by: .seconds(1))
        try await fetch.value
        #expect(disk.tries == 2 && !folder.isWaitedFor)
    }

    @Test func `a fetch that waited ten minutes throws its own error`() async throws {
        let (disk, clock) = (Disk(), ManualClock())
        let fetch = fetch(100, folder(disk, clock), disk)
        for _ in 0..<600 {
            await clock.untilSleepers(1)
            clock.advance(by: .seconds(1))
        }
        let error = await #expect(throws: SystemError.self) { try await fetch.value }
        #expect(error?.code == ENOSPC && disk.tries == 1)
    }

    @Test func `a worker that stops ends all waits`() async throws {
        let (disk, clock) = (Disk(), ManualClock())
        let folder = folder(disk, clock)
        let fetch = fetch(100, folder, disk)
        await clock.untilSleepers(1)
        folder.stopWaiting()
        disk.free = 100
        clock.advance(by: .seconds(1))
        await #expect(throws: SystemError.self) { try await fetch.value }
        // A later fetch does not wait either.
        disk.free = 0
        await #expect(throws: SystemError.self) { try await self.fetch(1, folder, disk).value }
        #expect(disk.tries == 2)
    }

    @Test func `space for one fetch is used by one of those that wait`() async throws {
        let (disk, clock) = (Disk(), ManualClock())
        let folder = folder(disk, clock)
        let release = Promise<Void>()
        let fetches = (0..<3).map { _ in
            Task {
                try await folder.retryingWhenFull(bytes: 100) {
                    try disk.write(100)
                    await release.value
                }
            }
        }
        await clock.untilSleepers(3)
        disk.free = 199
        clock.advance(by: .seconds(1))
        // Two still sleep, while the third runs.
        await clock.untilSleepers(2)
        try await eventually { disk.successes > 0 }
        clock.advance(by: .seconds(1))
        await clock.untilSleepers(2)
        #expect(disk.successes == 1)
        release.keep(())
        while folder.isWaitedFor {
            clock.advance(by: .seconds(1))
            for _ in 0..<20 { await Task.yield() }
        }
        for fetch in fetches { try await fetch.value }
    }

    @Test(arguments: [EFBIG, EIO]) func `an error other than a full disk is thrown at once`(code: CInt) async throws {
        let clock = ManualClock()
        let error = await #expect(throws: SystemError.self) {
            try await self.folder(Disk(), clock).retryingWhenFull(bytes: 1) { throw SystemError("write", code: code) }
        }
        #expect(error?.code == code && clock.sleeperCount == 0)
    }

    // MARK: Counting

    @Test(arguments: [(1 << 20, true), (1 << 20 + 1, false)])
    func `bytes are counted while their spool exists`(size: Int, isInMemory: Bool) async throws {
        let folder = SpoolFolder("/var/tmp")
        let (store, key) = (MemoryStore(), ObjectKey("a")!)
        store["in", "a"] = .init([UInt8](repeating: 7, count: size))
        let fetch = RangedFetch(store: store, folder: folder)
        do {
            let object = ObjectVersion(bucket: "in", key: key, versionID: nil, etag: store["in", "a"]?.etag)
            let fetched = try await fetch.first(of: object, size: Int64(size))
            #expect(folder.held == .init(onDisk: isInMemory ? 0 : Int64(size), inMemory: isInMemory ? Int64(size) : 0))
            withExtendedLifetime(fetched) {}
        }
        #expect(folder.held == .init())
    }

    @Test func `a repeated range does not count more than the size of the object`() throws {
        let folder = SpoolFolder("/var/tmp")
        let spool = try Spool(in: folder, size: 3 << 20)
        let piece = [UInt8](repeating: 7, count: 2 << 20)
        for _ in 0..<2 { try piece.withUnsafeBytes { try spool.write($0, at: 0) } }
        #expect(folder.held.onDisk == 3 << 20)
        spool.shorten(to: 1 << 20)
        #expect(folder.held.onDisk == 1 << 20)
        withExtendedLifetime(spool) {}
    }

    @Test(.enabled(if: SmallDisk.isPossible, "a full disk is made by mounting a small one"))
    func `an object is complete though the disk was full during the fetch`() async throws {
        let disk = try SmallDisk(bytes: 16 << 20)
        let clock = ManualClock()
        let folder = SpoolFolder(disk.path, clock: clock)
        try disk.fill(leaving: 8 << 20)
        let store = MemoryStore()
        let bytes = (0..<10 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        store["in", "a"] = .init(bytes)
        let object = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: store["in", "a"]?.etag)
        let fetch = RangedFetch(store: store, folder: folder)
        let fetched = try await fetch.first(of: object, size: Int64(bytes.count))
        let rest = Task { try await fetch.rest(of: fetched) }
        await clock.untilSleepers(1)
        // The space of the failed try was freed; the first range is still there.
        #expect(folder.held.onDisk == 4 << 20 && folder.isWaitedFor)
        try disk.makeRoom()
        clock.advance(by: .seconds(1))
        try await rest.value
        let content = try [UInt8](unsafeUninitializedCapacity: bytes.count + 1) { buffer, count in
            count = try fetched.bytes.spool.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
        }
        #expect(content == bytes)
    }
}
