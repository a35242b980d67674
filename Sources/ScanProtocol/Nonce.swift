/// A number that nobody can guess, at the end of each request to a child and again at the end of its answer.
///
/// What a child says without having read the request, before it came or for one that came earlier, is no answer to it. A
/// child that was taken over reads its requests, and can lie about each object it is handed: against that, a ticket does
/// nothing.
package struct Nonce: Sendable, Hashable {
    package static let length = 8
    private let number: UInt64

    package static func random() -> Nonce { Nonce(number: .random(in: 1 ... .max)) }

    /// Takes the ticket off the end of a packet; nil where the packet is too short for a message and a ticket.
    ///
    /// - Parameter count: how many of `bytes` are the packet; what stands before the ticket comes back.
    package static func split(_ bytes: [UInt8], count: Int) -> (messageCount: Int, ticket: Nonce)? {
        let rest = count - length
        guard rest > 0, count <= bytes.count else { return nil }
        let number = bytes[rest..<count].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        return (rest, Nonce(number: number))
    }

    /// A message with this ticket behind it.
    package func append(to message: [UInt8]) -> [UInt8] {
        message + (0..<Self.length).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}
