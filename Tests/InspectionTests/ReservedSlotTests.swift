import Domain
import Glibc
import Judging
import ScanProtocol
import ScannerTestKit
import Support
import TestKit
import Testing

@testable import Inspection

/// One child of two or more takes no large object, and no small one for long.
struct ReservedSlotTests {
    private typealias Slots = ScannerSlots<Int>

    private let start = ContinuousClock.now

    private func call(_ id: UInt64, isLarge: Bool = false, of owner: String = "") -> Slots.Call {
        Slots.Call(
            id: id, request: .identify(size: 1, encoding: nil), nonce: .random(), descriptor: 0,
            allowance: .seconds(120), isLarge: isLarge, owner: owner, waiter: Int(id))
    }

    private func slots(_ count: Int, reserving: Bool = true) -> Slots {
        var slots = Slots(count: count, reserving: reserving, now: start)
        for slot in 0..<count {
            _ = slots.started(slot: slot, Slots.Child(process: Int32(100 + slot), socket: 10 + CInt(slot)))
        }
        return slots
    }

    @Test func `large calls leave one slot free`() {
        var slots = slots(3)
        let answer1 = slots.assign(call(1, isLarge: true), now: start)
        #expect(answer1?.slot == 1)
        let answer2 = slots.assign(call(2, isLarge: true), now: start)
        #expect(answer2?.slot == 2)
        let answer3 = slots.assign(call(3, isLarge: true), now: start)
        #expect(answer3 == nil)
        let answer4 = slots.assign(call(4), now: start)
        #expect(answer4?.slot == 0)
        let answer5 = slots.assign(call(5), now: start)
        #expect(answer5 == nil)
    }

    @Test func `calls start in turn by owner, those of one owner by arrival`() {
        var slots = slots(2)
        let waiting = [call(1, of: "a"), call(2, of: "a"), call(3, of: "b"), call(4, of: "c"), call(5, of: "b")]
        #expect(slots.order(of: waiting) == [0, 1, 2, 3, 4])
        let first = slots.assign(waiting[0], now: start)
        #expect(first?.slot == 0)
        #expect(slots.order(of: Array(waiting.dropFirst())) == [1, 2, 3, 0])
        let second = slots.assign(waiting[2], now: start)
        #expect(second?.slot == 1)
        #expect(slots.order(of: [waiting[1], waiting[4], waiting[3]]) == [2, 0, 1])
    }

    @Test func `the reserved slot waits for other owners while there are some`() {
        var slots = slots(2)
        let other = call(1, of: "b")
        let first = slots.assign(other, now: start)
        #expect(first?.slot == 0)
        let second = slots.assign(call(2, of: "a"), now: start)
        #expect(second?.slot == 1)
        _ = slots.answered(slot: 0, .type("text/plain"), other.nonce)
        let kept = slots.assign(call(3, of: "a"), now: start + .seconds(1))
        #expect(kept == nil)
        let next = slots.assign(call(4, of: "c"), now: start + .seconds(1))
        #expect(next?.slot == 0)
    }

    @Test func `the reserved slot is free for an owner who is alone, and for each after a while`() {
        var slots = slots(2)
        _ = slots.assign(call(1, of: "a"), now: start)
        let alone = slots.assign(call(2, of: "a"), now: start)
        #expect(alone?.slot == 1)
        slots = self.slots(2)
        let other = call(3, of: "b")
        _ = slots.assign(other, now: start)
        _ = slots.assign(call(4, of: "a"), now: start)
        _ = slots.answered(slot: 0, .type("text/plain"), other.nonce)
        let later = slots.assign(call(5, of: "a"), now: start + .seconds(2))
        #expect(later?.slot == 0)
    }

    @Test func `a single slot takes any call, and so do all if none is reserved`() {
        var single = slots(1)
        let answer6 = single.assign(call(1, isLarge: true), now: start)
        #expect(answer6?.slot == 0)
        var open = slots(2, reserving: false)
        let answer7 = open.assign(call(1, isLarge: true), now: start)
        #expect(answer7?.slot == 0)
        let answer8 = open.takeBackReserved(after: .zero, now: start)
        #expect(answer8 == nil)
    }

    @Test func `the reserved slot is taken back from a long call, which becomes a large one`() {
        var slots = slots(2)
        let first = slots.assign(call(1), now: start)
        #expect(first?.slot == 0)
        let answer9 = slots.takeBackReserved(after: .seconds(10), now: start + .seconds(9))
        #expect(answer9 == nil)
        let taken = slots.takeBackReserved(after: .seconds(10), now: start + .seconds(10))
        #expect(taken?.child.process == 100 && taken?.call.id == 1 && taken?.call.isLarge == true)
        // Once: the child is about to be replaced, and its end is nobody's fault.
        let answer10 = slots.takeBackReserved(after: .seconds(10), now: start + .seconds(20))
        #expect(answer10 == nil)
        let end = slots.ended(slot: 0, process: 100, now: start)
        #expect(end.wasRetired)
        _ = slots.started(slot: 0, Slots.Child(process: 200, socket: 20))
        let answer11 = slots.assign(taken!.call, now: start)
        #expect(answer11?.slot == 1)
        // A call in another slot goes on to its end.
        let answer12 = slots.takeBackReserved(after: .seconds(10), now: start + .seconds(900))
        #expect(answer12 == nil)
    }

    @Test func `scratch is shared among the children of a small disk`() {
        var small = ScannerConfiguration(executable: "", signatures: "", children: 4)
        small.shareScratch(of: DiskSpace(free: 0, total: 2 << 30))
        #expect(small.childScratchLimit == ((2 << 30) - (2 << 30) / 20) / 4)
        var large = ScannerConfiguration(executable: "", signatures: "", children: 4)
        large.shareScratch(of: DiskSpace(free: 0, total: 1 << 40))
        #expect(large.childScratchLimit == 4 << 30)
        var tiny = ScannerConfiguration(executable: "", signatures: "", children: 4)
        tiny.shareScratch(of: DiskSpace(free: 0, total: 32 << 20))
        #expect(tiny.childScratchLimit == 64 << 20)
    }

    /// A small object holds the reserved child while the other has one of its kind too.
    @Test(.timeLimit(.minutes(1))) func `a small object is scanned although long scans hold every child`() async throws
    {
        let fake = FakeScanner()
        var configuration = ScannerConfiguration(
            executable: "", signatures: "", children: 2, replacementTimeout: .seconds(3600),
            reloadPause: .seconds(3600), largeOver: 100)
        configuration.reservedTime = .milliseconds(200)
        let scanners = Scanners(configuration: configuration, log: Log(write: { _ in })) { () throws(ScannerError) in
            fake.process
        }
        fake.ready()
        _ = try await scanners.start()
        func scan() async throws -> ScanReport {
            let file = Spool(eicar)
            return try await scanners.scan(file.descriptor, size: 68, limits: ScanLimits())
        }
        let reserved = fake.child(slot: 0, process: 100)
        let first = Task { try await scan() }
        _ = await FakeScanner.receive(reserved)
        let other = fake.child(slot: 1, process: 101)
        let second = Task { try await scan() }
        let secondRequest = await FakeScanner.receive(other)
        // Alone, a long scan is left alone; with one that waits, it has to move.
        try await Task.sleep(for: .milliseconds(300))
        let small = Task { try await scan() }
        #expect(try await fake.nextOrder() == .kill(slot: 0, process: 100))
        fake.report(.childEnded(slot: 0, process: 100, status: 9))
        let replacement = fake.child(slot: 0, process: 102)
        let reply = ScanReply.scanned(FakeScanner.cleanFacts).packet
        FakeScanner.answer(await FakeScanner.receive(replacement), with: reply, to: replacement)
        _ = try await small.value
        // The moved scan waits for the child that is not reserved, and is no death.
        FakeScanner.answer(secondRequest, with: reply, to: other)
        _ = try await second.value
        FakeScanner.answer(await FakeScanner.receive(other), with: reply, to: other)
        #expect(try await first.value.findings.allSatisfy { $0.name != "scanner-died" })
        for descriptor in [reserved, other, replacement] { close(descriptor) }
        fake.end()
        _ = await scanners.stop()
    }
}
