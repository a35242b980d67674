import CHostile
import Glibc
import ScanProtocol
import Scanning

/// A scanner whose children behave like hijacked ones if an object tells them to. For tests only; the shipped program
/// has none of this.
///
/// An object is its own script: if its first line is `hostile: ACT [WORDS]`, the child does that instead of scanning
/// it. All other objects are scanned as usual.
@main
enum HostileScanner {
    static func main() {
        if !CommandLine.arguments.contains("--memory") { restartWithLowBounds() }
        ScannerProgram.run(overriding: answer)
    }

    /// Executes the program again with bounds that a bomb reaches soon and without harm to the machine.
    private static func restartWithLowBounds() -> Never {
        let bounds = ["--memory", String(512 << 20), "--scratch-limit", String(64 << 20)]
        let words = (CommandLine.arguments + bounds).map { strdup($0) } + [nil]
        execv("/proc/self/exe", words)
        exit(EX_OSERR)
    }

    private static func answer(_ request: ScanRequest, _ descriptor: CInt, _ nonce: Nonce) -> [UInt8]? {
        guard let script = Script(of: descriptor) else { return nil }
        let question = Question(request: request, descriptor: descriptor, nonce: nonce)
        if script.act == "try" { return ScanReply.refused(attempt(script, question)).packet }
        if script.act == "late" { return late(script, question) }
        if let act = Harm(rawValue: script.act) { return act.perform(script, question) }
        if let act = Lie(rawValue: script.act) { return act.perform(script, question) }
        return ScanReply.refused("unknown act \(script.act)").packet
    }
}

/// An honest reply after some milliseconds without work, for `make bench-scale`: `late MILLISECONDS`.
private func late(_ script: Script, _ question: Question) -> [UInt8] {
    sleep(milliseconds: Int(script.words.first ?? "") ?? 0)
    guard case .scan = question.request else { return ScanReply.type("text/plain").packet }
    return ScanReply.scanned(Lie.cleanFacts(question.size)).packet
}

/// Waits for a word that nobody changes: the sandbox allows no other way to sleep.
private func sleep(milliseconds: Int) {
    let waitPrivate = 128
    var word: Int32 = 0
    var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    withUnsafeMutablePointer(to: &word) { word in
        withUnsafeMutablePointer(to: &time) { time in
            _ = hostile_call(
                Int(SYS_futex), Int(bitPattern: word), waitPrivate, 0, Int(bitPattern: time), 0, 0)
        }
    }
}

/// The request that the child received.
struct Question {
    let request: ScanRequest
    let descriptor: CInt
    let nonce: Nonce
    static let socket: CInt = 3

    var size: Int64 {
        switch request {
        case .identify(let size, _), .scan(let size, _, _, _, _): size
        }
    }

    /// Sends a packet directly, beside the child's usual reply.
    func send(_ packet: [UInt8], descriptors: [CInt] = []) {
        _ = packet.withUnsafeBytes {
            hostile_send(Self.socket, $0.baseAddress, $0.count, descriptors, descriptors.count)
        }
    }
}
