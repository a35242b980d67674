internal import Glibc
internal import Support

/// Replaces this process by a new one of the same program with the same arguments, environment and process id: it reads
/// the pipelines again. Returns only if that fails.
enum ProcessRestart {
    static func run() -> SystemError {
        // Dispatch may have ignored or blocked them, and both would last.
        for number in [SIGTERM, SIGINT] { _ = signal(number, SIG_DFL) }
        // Until the new program handles it: another one would end it, and it reads the files as they are now anyway.
        _ = signal(SIGHUP, SIG_IGN)
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_UNBLOCK, &all, nil)
        var words: [UnsafeMutablePointer<CChar>?] = unsafe CommandLine.arguments.map { unsafe strdup($0) } + [nil]
        unsafe execv("/proc/self/exe", &words)
        return SystemError("start \(CommandLine.arguments.first ?? "lazaret") again")
    }
}
