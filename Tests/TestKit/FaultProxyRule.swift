internal import Dispatch
internal import Foundation
internal import Support

/// What a `FaultProxy` does with a request in place of passing it on and its answer back.
package enum Fault: Sendable {
    /// Answers in the cloud's place: the request never reaches it.
    case answers(ScriptedAnswer)
    /// Passes the request on after this time.
    case delays(Duration)
    /// The cloud does what it is asked; its answer comes back as this makes it.
    case changes(@Sendable (ScriptedAnswer) -> ScriptedAnswer)
    /// Keeps the request from the cloud until the rule lets go. One whose client is gone by then never gets there.
    case holdsRequest
    /// The cloud does what it is asked; its answer is kept back until the rule lets go.
    case holdsAnswer

    /// Nothing goes wrong: for a rule that only watches.
    package static let none = changes { $0 }
    package static let reset = answers(.resets)
    package static let internalError = error(500, "InternalError")
    package static let slowDown = error(503, "SlowDown")
    /// Done, and the connection closed without an answer.
    package static let lostAnswer = changes { _ in .drops }

    /// An error in the words of S3; SQS is told as much by the status.
    package static func error(_ status: Int, _ code: String) -> Fault { answers(.status(status, errorText(code))) }

    /// Done, but the answer of status 200 holds an error.
    package static func errorInGoodAnswer(_ code: String) -> Fault { changes { _ in .status(200, errorText(code)) } }

    /// The body ends after so many bytes, and the connection with it.
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

/// One rule of a `FaultProxy`: which requests it strikes, with what, and which it has struck.
package final class FaultRule: Sendable {
    private struct State {
        var met = 0
        var struck: [CloudCall] = []
        var waiters: [(id: Int, count: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var lastWaiter = 0
        var hasLetGo = false
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

    deinit { letGo() }

    /// All requests that were struck: where they were held, those that arrived, or whose answers did; else those that are dealt
    /// with.
    package var struck: [CloudCall] { state.withLock { $0.struck } }

    /// Waits until so many requests have been struck.
    package func struck(_ count: Int, within limit: Duration = .seconds(30)) async throws {
        try await TestKit.within(limit, "request number \(count) that a rule strikes") {
            await self.untilStruck(count)
            try Task.checkCancellation()
        }
    }

    /// What is held goes on, and nothing is held from now on. Later calls change nothing.
    package func letGo() {
        let isFirst = state.withLock { state in
            defer { state.hasLetGo = true }
            return !state.hasLetGo
        }
        if isFirst { gate.leave() }
    }

    /// What to do with a request; nil where that is another rule's, or nobody's, to say.
    func fault(for call: CloudCall) -> Fault? {
        guard let fault = choose(call) else { return nil }
        return state.withLock { state in
            state.met += 1
            return state.met > skipping && state.met - skipping <= times ? fault : nil
        }
    }

    func strike(_ call: CloudCall) {
        let ready = state.withLock { state in
            state.struck.append(call)
            let count = state.struck.count
            defer { state.waiters.removeAll { $0.count <= count } }
            return state.waiters.filter { $0.count <= count }
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    /// Blocks until the rule lets go.
    func hold() { gate.wait() }

    /// Returns when the task is cancelled, too.
    private func untilStruck(_ count: Int) async {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard state.struck.count < count, !Task.isCancelled else { return false }
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
