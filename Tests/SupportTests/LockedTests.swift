import Support
import Testing

struct LockedTests {
    private struct Refused: Error, Equatable {}

    private final class Box: Sendable {
        let count = Locked(0)
    }

    @Test func `no change by several threads is lost`() async {
        let box = Box()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<2_000 { box.count.withLock { $0 += 1 } } }
            }
        }
        #expect(box.count.withLock { $0 } == 16_000)
    }

    @Test func `a closure that throws releases the lock and keeps its changes`() {
        let locked = Locked(1)
        #expect(throws: Refused()) {
            try locked.withLock { (number) throws(Refused) in
                number = 2
                throw Refused()
            }
        }
        #expect(locked.withLock { $0 } == 2)
    }
}
