import CHostile
import Glibc
import ScanProtocol
import Scanning

/// The scanner with children that do what a hijacked one might do, where an object asks for it. For tests alone: the
/// shipped program knows nothing of it.
///
/// An object is its own script: where its first line is `hostile: ACT [WORDS]`, the child does that instead of scanning it.
/// All other objects are scanned as usual.
@main
enum HostileScanner {
    static func main() {
        if !CommandLine.arguments.contains("--memory") { beginAgainWithLowBounds() }
        ScannerProgram.run(overriding: answer)
    }

    /// Bounds that a bomb reaches soon, and without harm to the machine. The process stays the same.
    private static func beginAgainWithLowBounds() -> Never {
        let bounds = ["--memory", String(512 << 20), "--scratch-limit", String(64 << 20)]
        let words = (CommandLine.arguments + bounds).map { strdup($0) } + [nil]
        execv("/proc/self/exe", words)
        exit(EX_OSERR)
    }

    private static func answer(_ request: ScanRequest, _ descriptor: CInt, _ nonce: Nonce) -> [UInt8]? {
        guard let script = Script(of: descriptor) else { return nil }
        let question = Question(request: request, descriptor: descriptor, nonce: nonce)
        if script.act == "try" { return ScanReply.refused(attempt(script, question)).packet }
        if let act = Harm(rawValue: script.act) { return act.perform(script, question) }
        if let act = Lie(rawValue: script.act) { return act.perform(script, question) }
        return ScanReply.refused("no act is called \(script.act)").packet
    }
}

/// What the child was asked.
struct Question {
    let request: ScanRequest
    let descriptor: CInt
    let nonce: Nonce
    static let socket: CInt = 3

    var size: Int64 {
        switch request {
        case .identify(let size), .scan(let size, _, _): size
        }
    }

    /// Sends a packet past the child's own way of answering.
    func send(_ packet: [UInt8], descriptors: [CInt] = []) {
        _ = packet.withUnsafeBytes {
            hostile_send(Self.socket, $0.baseAddress, $0.count, descriptors, descriptors.count)
        }
    }
}
