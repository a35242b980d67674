import Foundation
import ScanProtocol
import TestKit
import Testing

/// The packet decoders of both sides with random packets: they read what was written, refuse the rest, and neither trap
/// nor take more time and memory than a packet needs.
@Suite(.heavy, .timeLimit(.minutes(60)))
struct DecoderFuzzTests {
    /// A thousand times what the largest packet takes; a loop over a length in the packet would take longer.
    private static let patience = Duration.seconds(2)

    @Test func `a message is read back by its own decoder and by no other`() async {
        await Fuzzing.run(short: 3000) { seed in
            var messages = RandomMessages(seed: seed)
            let message = messages.message()
            let packet = message.packet
            let isSame =
                packet.count + Nonce.length <= Packet.maximumLength
                && RandomMessages.readings(packet, count: packet.count) == [message]
            #expect(isSame, "seed \(seed), \(hexadecimal(packet))")
            return isSame
        }
    }

    @Test func `a damaged packet is refused or read as a valid message`() async {
        await Fuzzing.run(short: 20_000) { seed in
            var messages = RandomMessages(seed: seed)
            let packet = messages.damaged()
            let start = ContinuousClock.now
            let read = RandomMessages.readings(packet, count: packet.count)
            var isSound = ContinuousClock.now - start < Self.patience && read.count <= 1
            // An accepted message is no longer than its packet, and survives another round trip.
            for message in read {
                let again = message.packet
                isSound =
                    isSound && again.count <= packet.count
                    && RandomMessages.readings(again, count: again.count) == [message]
            }
            // A count beyond the packet's end is refused.
            isSound = isSound && RandomMessages.readings(packet, count: packet.count + 1).isEmpty
            #expect(isSound, "seed \(seed), \(hexadecimal(packet))")
            return isSound
        }
    }

    @Test func `a nonce comes back and no packet is too short to be split`() async {
        await Fuzzing.run(short: 3000) { seed in
            var messages = RandomMessages(seed: seed)
            let message = messages.damaged()
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
