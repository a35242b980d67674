import HTTP
import Support

/// A sink that keeps the body, and fails after a number of bytes.
final class CollectingSink: HTTPBodySink {
    struct Rejected: Error {}

    private let state = Locked(State())
    private let failsAfter: Int
    private let onBegin: @Sendable () -> Void

    private struct State {
        var status: Int?
        var body: [UInt8] = []
        var pieces = 0
    }

    /// - Parameter failsAfter: the number of bytes accepted before `Rejected` is thrown.
    init(failsAfter: Int = .max, onBegin: @escaping @Sendable () -> Void = {}) {
        self.failsAfter = failsAfter
        self.onBegin = onBegin
    }

    var status: Int? { state.withLock { $0.status } }
    var body: [UInt8] { state.withLock { $0.body } }
    var pieces: Int { state.withLock { $0.pieces } }

    func begin(_ head: HTTPHead) throws {
        state.withLock { $0.status = head.status }
        onBegin()
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        let copy = Array(bytes)
        let count = state.withLock { state in
            state.body += copy
            state.pieces += 1
            return state.body.count
        }
        if count > failsAfter { throw Rejected() }
    }
}
