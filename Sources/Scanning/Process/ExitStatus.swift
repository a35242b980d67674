import Glibc
import ScanProtocol
import Unpacking

/// Why a child ended, from the status that waitpid(2) returns.
enum ExitStatus {
    /// Returns what the first process knows beyond the status itself, or an empty text.
    static func reason(of status: CInt) -> String {
        let signal = status & 0x7F
        switch signal {
        case SIGSYS: return "it made a system call that its sandbox does not allow"
        case 0 where (status >> 8) & 0xFF == Child.canaryMissed:
            return "in its sandbox, the engine no longer finds its canary"
        case 0 where (status >> 8) & 0xFF == ChildEnd.outOfTime, SIGXCPU:
            return "the object took more processor time than its size warrants"
        case 0: break
        default: return ""
        }
        if ChildEnd(status: status) == .outOfMemory { return "a library ran out of memory" }
        guard let form = ProgressWatch.form(exitCode: (status >> 8) & 0xFF) else { return "" }
        return "no progress in its \(form.displayName)"
    }

    /// Returns, for instance, `signal 31, it made a system call that its sandbox does not allow`.
    static func describe(_ status: CInt) -> String {
        let signal = status & 0x7F
        let cause = signal == 0 ? "exited with \((status >> 8) & 0xFF)" : "signal \(signal)"
        let reason = reason(of: status)
        return reason.isEmpty ? cause : "\(cause), \(reason)"
    }
}
