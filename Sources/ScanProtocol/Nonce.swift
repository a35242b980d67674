/// A random number that ends each request to a child and must end the reply to it.
///
/// A packet that a child sent before it read the request, or for an earlier one, is therefore not taken for a reply. A
/// hijacked child reads its requests and can lie about each object it receives; a nonce does not help against that.
package struct Nonce: Sendable, Hashable {
    package static let length = 8
    private let number: UInt64

    package static func random() -> Nonce { Nonce(number: .random(in: 1 ... .max)) }

    /// Separates a packet into message and nonce. Returns nil if the packet is too short for both.
    ///
    /// - Parameter count: the packet's length within `bytes`.
    package static func split(_ bytes: [UInt8], count: Int) -> (messageCount: Int, nonce: Nonce)? {
        let rest = count - length
        guard rest > 0, count <= bytes.count else { return nil }
        let number = bytes[rest..<count].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        return (rest, Nonce(number: number))
    }

    /// Returns the message with this nonce at its end.
    package func append(to message: [UInt8]) -> [UInt8] {
        message + (0..<Self.length).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}
