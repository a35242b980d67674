internal import CShims
import Glibc
import ScanProtocol
import Support

extension ScannerListener {
    /// Takes the reserved child from a long scan while small objects wait for a child.
    func takeBackReserved(_ number: Int, now: Instant) {
        let time = link.configuration.reservedTime
        let taken: (control: CInt, slot: Int, child: Generation.ScannerSlots.Child)? = link.withState { state in
            guard state.queue.contains(where: { !$0.isLarge }) else { return nil }
            let taken = state.generations.change(number) { generation in
                generation.slots.takeBackReserved(after: time, now: now).map { (generation.process.control, $0) }
            }
            guard let taken, let (control, (slot, child, call)) = taken else { return nil }
            var again = call
            again.nonce = .random()
            // It has waited longest.
            state.queue.insert(again, at: 0)
            return (control, slot, child)
        }
        guard let taken else { return }
        link.log(.info, "long scan moves to another child") { $0.field("slot", taken.slot) }
        closeAndKill(taken.child, taken.slot, taken.control)
    }
}
