internal import Foundation
internal import Support

/// A proxy on 127.0.0.1 between programs under test and a local cloud, in which the test lets things go wrong at exactly the
/// request it names.
///
/// ```swift
/// let proxy = try FaultProxy(to: stack)
/// proxy.add(.copyObject, .slowDown, times: 2)
/// let copied = proxy.add(.copyObject, .holdsAnswer, key: "permanent/a.txt", skipping: 2)
/// // … start a program with proxy.environment
/// try await copied.struck(1)   // the copy is made, and its answer on the way
/// program.send(SIGKILL)
/// ```
/// Requests go on with the host that their client named, as they were signed; MiniStack checks no signature. Of the rules that fit a
/// request, the one that was added first has its way. Bodies are held whole.
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

    /// What a client needs in its environment to use the cloud through this proxy.
    package var environment: [String: String] { settings.merging(["AWS_ENDPOINT_URL": url]) { $1 } }

    /// Closes everything; what is held never reaches the cloud.
    package func stop() {
        server.stop()
        for rule in shared.rules.withLock({ $0 }) { rule.letGo() }
    }

    /// Adds a rule.
    ///
    /// - Parameters:
    ///   - key: of the object that a request concerns, the source of a copy among them; nil for any.
    ///   - skipping: how many fitting requests pass before the first that is struck.
    ///   - times: how many are struck.
    ///   - fits: what else must hold of the request.
    @discardableResult package func add(
        _ operation: CloudOperation, _ fault: Fault, key: String? = nil, skipping: Int = 0, times: Int = .max,
        where fits: @escaping @Sendable (CloudCall) -> Bool = { _ in true }
    ) -> FaultRule {
        add(skipping: skipping, times: times) { call in
            guard call.operation == operation, key.map({ call.concerns($0) }) ?? true else { return nil }
            return fits(call) ? fault : nil
        }
    }

    /// Adds a rule that chooses for each request what becomes of it; nil leaves that to the other rules.
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
            rule.strike(call)
            return answer
        case .delays(let time):
            rule.strike(call)
            pause(time)
            return call.request.isAwaited ? forward(call.request) ?? .drops : .drops
        case .changes(let change):
            guard let answer = forward(call.request) else { return .drops }
            rule.strike(call)
            return change(answer)
        case .holdsRequest:
            rule.strike(call)
            rule.hold()
            return call.request.isAwaited ? forward(call.request) ?? .drops : .drops
        case .holdsAnswer:
            guard let answer = forward(call.request) else { return .drops }
            rule.strike(call)
            rule.hold()
            return answer
        }
    }

    /// Each connection of a client has a thread of its own here, and that one its own connection to the cloud, until it ends.
    private func forward(_ request: ScriptedRequest) -> ScriptedAnswer? {
        let thread = Thread.current.threadDictionary
        let upstream = thread["upstream"] as? UpstreamConnection ?? UpstreamConnection(port: port)
        thread["upstream"] = upstream
        return upstream.answer(to: request)
    }
}
