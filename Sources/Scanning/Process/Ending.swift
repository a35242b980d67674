import Glibc

/// What the first process knows of why a child ended, beyond the status that the kernel gives.
enum Ending {
    /// Empty where the status says it all.
    static func reason(of status: CInt) -> String {
        let signal = status & 0x7F
        switch signal {
        case SIGSYS: return "it made a system call that its sandbox does not allow"
        case 0 where (status >> 8) & 0xFF == Child.canaryMissed:
            return "in its sandbox, the engine no longer found what it must find"
        default: return ""
        }
    }

    /// `signal 31, it made a system call that its sandbox does not allow`
    static func describe(_ status: CInt) -> String {
        let signal = status & 0x7F
        let how = signal == 0 ? "exited with \((status >> 8) & 0xFF)" : "signal \(signal)"
        let reason = reason(of: status)
        return reason.isEmpty ? how : "\(how), \(reason)"
    }
}
