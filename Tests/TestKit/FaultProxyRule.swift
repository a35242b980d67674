internal import Dispatch
internal import Foundation
internal import Support

/// What a `FaultProxy` does to a request or its answer.
package enum Fault: Sendable {
    /// Answers the request; it never reaches the cloud.
    case answers(ScriptedAnswer)
    /// Forwards the request after this time.
    case delays(Duration)
    /// Forwards the request and changes the answer.
    case changes(@Sendable (ScriptedAnswer) -> ScriptedAnswer)
    /// Holds the request until the rule is released. A request whose client is gone by then is dropped.
    case holdsRequest
    /// Forwards the request and holds the answer until the rule is released.
    case holdsAnswer

    /// No fault, for a rule that only observes.
    package static let none = changes { $0 }
    package static let reset = answers(.resets)
    package static let internalError = error(500, "InternalError")
    package static let slowDown = error(503, "SlowDown")
    /// Forwards the request and closes the connection without an answer.
    package static let lostAnswer = changes { _ in .drops }

    /// An error with S3's body; for SQS the status is enough.
    package static func error(_ status: Int, _ code: String) -> Fault { answers(.status(status, errorText(code))) }

    /// Forwards the request and answers with status 200 and an error in the body.
    package static func errorInGoodAnswer(_ code: String) -> Fault { changes { _ in .status(200, errorText(code)) } }

    /// Closes the connection after this many bytes of the body.
    package static func cut(after bytes: Int) -> Fault {
        changes { answer in
            var cut = answer
            cut.cutAfter = bytes
            return cut
        }
    }

    package static func header(_ name: String, _ value: String) -> Fault {
        changes { answer in
            var changed = answer
            changed.headers.removeAll { $0.0.lowercased() == name.lowercased() }
            changed.headers.append((name, value))
            return changed
        }
    }

    private static func errorText(_ code: String) -> String {
        #"<?xml version="1.0" encoding="UTF-8"?><Error><Code>\#(code)</Code><Message>made by a test</Message></Error>"#
    }
}

/// One rule of a `FaultProxy`: which requests it applies to, the fault, and the requests it was applied to.
package final class FaultRule: Sendable {
    private struct State {
        var matched = 0
        var hits: [CloudCall] = []
        var waiters: [(id: Int, count: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var lastWaiter = 0
        var isReleased = false
    }

    private let skipping: Int
    private let times: Int
    private let choose: @Sendable (CloudCall) -> Fault?
    private let state = Locked(State())
    private let gate = DispatchGroup()

    init(skipping: Int, times: Int, choose: @escaping @Sendable (CloudCall) -> Fault?) {
        (self.skipping, self.times, self.choose) = (skipping, times, choose)
        gate.enter()
    }

    deinit { release() }

    /// The requests that the rule was applied to. Held requests count on arrival, held answers once the cloud has
    /// answered.
    package var hits: [CloudCall] { state.withLock { $0.hits } }

    /// Waits until the rule was applied to this many requests.
    package func awaitHits(_ count: Int, within limit: Duration = .seconds(30)) async throws {
        try await TestKit.within(limit, "request number \(count) of a rule") {
            await self.untilHits(count)
            try Task.checkCancellation()
        }
    }

    /// Releases everything that is held, and holds nothing from now on. Idempotent.
    package func release() {
        let isFirst = state.withLock { state in
            defer { state.isReleased = true }
            return !state.isReleased
        }
        if isFirst { gate.leave() }
    }

    /// Returns the fault for a request, or nil if the rule does not apply.
    func fault(for call: CloudCall) -> Fault? {
        guard let fault = choose(call) else { return nil }
        return state.withLock { state in
            state.matched += 1
            return state.matched > skipping && state.matched - skipping <= times ? fault : nil
        }
    }

    func recordHit(_ call: CloudCall) {
        let ready = state.withLock { state in
            state.hits.append(call)
            let count = state.hits.count
            defer { state.waiters.removeAll { $0.count <= count } }
            return state.waiters.filter { $0.count <= count }
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    /// Blocks until the rule is released.
    func hold() { gate.wait() }

    /// Also returns if the task is cancelled.
    private func untilHits(_ count: Int) async {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard state.hits.count < count, !Task.isCancelled else { return false }
                    state.waiters.append((id, count, continuation))
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume()
        }
    }
}
