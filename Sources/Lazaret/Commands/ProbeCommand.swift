internal import HTTP
internal import Listener
internal import Support

/// `lazaret probe`: the health check of a container that has neither a shell nor an HTTP client.
enum ProbeCommand {
    static let command = Command(
        words: ["probe"],
        abstract: "Asks the worker on this machine whether it takes on work; exits with 0 if it does.",
        operands: nil,
        flags: [
            Flag("listen", "HOST:PORT", "the address of the worker's --listen; 0.0.0.0 and [::] are asked on loopback"),
            Flag("live", "ask only whether the process answers"),
            Flag("timeout", "SECONDS", "how long to wait for the answer", fallback: "5"),
        ]
    ) { arguments in
        _ = try arguments.required("listen")
        let address = try arguments.listenAddress("listen")!
        let isLive = arguments.isSet("live")
        let url = "http://\(loopback(address))/\(isLive ? "healthz" : "readyz")"
        let request = HTTPRequest(url: url, timeout: try arguments.seconds("timeout"))
        let answer: HTTPResponse
        do {
            answer = try await HTTPClient(configuration: HTTPConfiguration(proxy: .none, bodyLimit: 64 << 10))
                .send(request)
        } catch let error as HTTPError {
            throw CommandFailure(.unavailable, "no worker answers on \(address): \(error)")
        }
        guard answer.head.status != 200 else { return }
        let reasons = String(decoding: answer.body, as: UTF8.self).split(separator: "\n").map(String.init)
        throw CommandFailure(
            .unavailable, lines: answer.head.status == 503 ? reasons : ["\(url) answers \(answer.head.status)"])
    }

    /// The address to ask a listener on all addresses.
    static func loopback(_ address: ListenAddress) -> String {
        switch address.host {
        case "0.0.0.0": "127.0.0.1:\(address.port)"
        case "::": "[::1]:\(address.port)"
        default: "\(address)"
        }
    }
}
