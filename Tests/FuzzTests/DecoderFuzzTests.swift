import Foundation
import ScanProtocol
import Testing

/// The decoders of both sides, given what was made by chance: they read what was written, refuse the rest, and neither trap
/// nor take more than a packet's worth of time and memory.
@Suite(.timeLimit(.minutes(60)))
struct DecoderFuzzTests {
    /// A thousand times what the largest packet takes: a loop that a length in it drives would be longer.
    private static let patience = Duration.seconds(2)

    @Test func `what was written is read again and by no other decoder`() async {
        await Fuzzing.run(short: 3000) { seed in
            var forge = Forge(seed: seed)
            let message = forge.message()
            let packet = message.packet
            let isSame =
                packet.count + Nonce.length <= Packet.maximumLength
                && Forge.readings(packet, count: packet.count) == [message]
            #expect(isSame, "seed \(seed), \(hexadecimal(packet))")
            return isSame
        }
    }

    @Test func `damaged packets are refused or read as what they now say`() async {
        await Fuzzing.run(short: 20_000) { seed in
            var forge = Forge(seed: seed)
            let packet = forge.damaged()
            let start = ContinuousClock.now
            let read = Forge.readings(packet, count: packet.count)
            var isSound = ContinuousClock.now - start < Self.patience && read.count <= 1
            // What was taken holds no more than came, and is a message that would be written and read the same.
            for message in read {
                let again = message.packet
                isSound =
                    isSound && again.count <= packet.count && Forge.readings(again, count: again.count) == [message]
            }
            // A count that is not the packet's own is never beyond its end.
            isSound = isSound && Forge.readings(packet, count: packet.count + 1).isEmpty
            #expect(isSound, "seed \(seed), \(hexadecimal(packet))")
            return isSound
        }
    }

    @Test func `tickets come back and no packet is too short for one`() async {
        await Fuzzing.run(short: 3000) { seed in
            var forge = Forge(seed: seed)
            let message = forge.damaged()
            let nonce = Nonce.random()
            let packet = nonce.append(to: message)
            let split = Nonce.split(packet, count: packet.count)
            let isSame =
                message.isEmpty ? split == nil : split?.nonce == nonce && split?.messageCount == message.count
            #expect(isSame, "seed \(seed), \(hexadecimal(packet))")
            _ = Nonce.split(message, count: message.count)
            return isSame
        }
    }
}
