import Testing

@testable import Intake

@Suite struct FIFOQueueTests {
    @Test func `elements come out in order and are released`() {
        final class Token {}
        var queue = FIFOQueue<Token>()
        weak var first: Token?
        do {
            let token = Token()
            first = token
            queue.append(token)
            queue.append(Token())
        }
        do {
            let taken = queue.removeFirst()
            #expect(taken === first && taken != nil)
        }
        #expect(first == nil)
        #expect(!queue.isEmpty)
        let rest = queue.removeAll()
        #expect(rest.count == 1)
        let none = queue.removeFirst()
        #expect(none == nil)
    }
}
