internal import Foundation
internal import Support

/// A proxy on 127.0.0.1 between programs under test and a local cloud, which injects faults into the requests that a
/// test selects.
///
/// ```swift
/// let proxy = try FaultProxy(to: stack)
/// proxy.add(.copyObject, .slowDown, times: 2)
/// let copied = proxy.add(.copyObject, .holdsAnswer, key: "permanent/a.txt", skipping: 2)
/// // … start a program with proxy.environment
/// try await copied.awaitHits(1)   // the copy is made, and its answer is held
/// program.send(SIGKILL)
/// ```
///
/// Requests are forwarded with the client's Host header, as they were signed; MiniStack does not check signatures.
/// If several rules match a request, the one added first applies. Bodies are buffered whole.
package final class FaultProxy: Sendable {
    fileprivate final class Shared: Sendable {
        let rules = Locked<[FaultRule]>([])
        let port: UInt16

        init(port: UInt16) { self.port = port }
    }

    private let shared: Shared
    private let server: ScriptedServer
    private let settings: [String: String]

    package init(to stack: MiniStack) throws {
        let shared = Shared(port: stack.endpoint.split(separator: ":").last.flatMap { UInt16($0) } ?? 0)
        self.shared = shared
        settings = stack.environment
        server = try ScriptedServer(keepsRequests: false) { shared.answer($0) }
    }

    deinit { stop() }

    /// `http://127.0.0.1:PORT`
    package var url: String { server.url }

    /// The environment variables with which a client uses the cloud through this proxy.
    package var environment: [String: String] { settings.merging(["AWS_ENDPOINT_URL": url]) { $1 } }

    /// Closes all connections; held requests never reach the cloud.
    package func stop() {
        server.stop()
        for rule in shared.rules.withLock({ $0 }) { rule.release() }
    }

    /// Adds a rule.
    ///
    /// - Parameters:
    ///   - key: the key of the request's object or of the source of a copy; nil for any.
    ///   - skipping: how many matching requests pass before the first fault.
    ///   - times: how many requests get the fault.
    ///   - matches: a further condition on the request.
    @discardableResult package func add(
        _ operation: CloudOperation, _ fault: Fault, key: String? = nil, skipping: Int = 0, times: Int = .max,
        where matches: @escaping @Sendable (CloudCall) -> Bool = { _ in true }
    ) -> FaultRule {
        add(skipping: skipping, times: times) { call in
            guard call.operation == operation, key.map({ call.concerns($0) }) ?? true else { return nil }
            return matches(call) ? fault : nil
        }
    }

    /// Adds a rule that chooses the fault of each request; nil passes the request to the next rule.
    @discardableResult package func add(
        skipping: Int = 0, times: Int = .max, _ choose: @escaping @Sendable (CloudCall) -> Fault?
    ) -> FaultRule {
        let rule = FaultRule(skipping: skipping, times: times, choose: choose)
        shared.rules.withLock { $0.append(rule) }
        return rule
    }
}

extension FaultProxy.Shared {
    /// Runs on the thread of the client's connection.
    fileprivate func answer(_ request: ScriptedRequest) -> ScriptedAnswer {
        let call = CloudCall(request)
        for rule in rules.withLock({ $0 }) {
            if let fault = rule.fault(for: call) { return answer(call, fault, of: rule) }
        }
        return forward(request) ?? .drops
    }

    private func answer(_ call: CloudCall, _ fault: Fault, of rule: FaultRule) -> ScriptedAnswer {
        switch fault {
        case .answers(let answer):
            rule.recordHit(call)
            return answer
        case .delays(let time):
            rule.recordHit(call)
            pause(time)
            return call.request.isAwaited ? forward(call.request) ?? .drops : .drops
        case .changes(let change):
            guard let answer = forward(call.request) else { return .drops }
            rule.recordHit(call)
            return change(answer)
        case .holdsRequest:
            rule.recordHit(call)
            rule.hold()
            return call.request.isAwaited ? forward(call.request) ?? .drops : .drops
        case .holdsAnswer:
            guard let answer = forward(call.request) else { return .drops }
            rule.recordHit(call)
            rule.hold()
            return answer
        }
    }

    /// Each client connection has its own thread, which keeps its own connection to the cloud.
    private func forward(_ request: ScriptedRequest) -> ScriptedAnswer? {
        let thread = Thread.current.threadDictionary
        let upstream = thread["upstream"] as? UpstreamConnection ?? UpstreamConnection(port: port)
        thread["upstream"] = upstream
        return upstream.answer(to: request)
    }
}
