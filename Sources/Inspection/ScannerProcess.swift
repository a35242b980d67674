package import Glibc
internal import ScanProtocol
import Support

/// A started scanner: the worker's end of its control socket, and its main process.
package struct ScannerProcess {
    package let control: CInt
    /// Nil if a test plays the scanner.
    package let process: pid_t?

    package init(control: CInt, process: pid_t?) {
        self.control = control
        self.process = process
    }

    /// Starts the program with the control socket as descriptor 3. It inherits standard error and nothing else: an
    /// almost empty environment, no other descriptors, default signal handling, and a process group of its own, so that
    /// a terminal's keys do not reach it.
    ///
    /// The scanner is killed when the calling thread ends.
    package static func spawn(_ configuration: ScannerConfiguration) throws(ScannerError) -> ScannerProcess {
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw ScannerError(.unavailable, SystemError("socketpair").description)
        }
        let (near, far) = (ends[0], ends[1])
        defer { close(far) }

        var words = [
            configuration.executable, "--signatures", configuration.signatures,
            "--children", String(configuration.children), "--scratch", configuration.scratchFolder,
            "--require-sandbox", configuration.sandbox.rawValue,
            "--matching", configuration.matching == .whole ? "whole" : "filtered",
        ]
        if let bytes = configuration.scratchLimit { words += ["--scratch-limit", String(bytes)] }
        if let bytes = configuration.memory { words += ["--memory", String(bytes)] }
        // With a time zone set, the engine does not read /etc/localtime. Libraries are found as the worker's are.
        var settings = ["TZ=UTC"]
        if let libraries = unsafe getenv("LD_LIBRARY_PATH") {
            settings.append("LD_LIBRARY_PATH=\(unsafe String(cString: libraries))")
        }
        do {
            let process = try spawnProcess(words, environment: settings, descriptors: [nil, nil, STDERR_FILENO, far])
            return ScannerProcess(control: near, process: process)
        } catch {
            close(near)
            throw ScannerError(
                .executable, error.description,
                hint: "lazaret-scanner must be in the folder of the lazaret program and be executable")
        }
    }

    /// Waits for the process to end (blocking). Returns how it ended and what it used.
    package func wait() -> (how: String, usage: ScannerUsage) {
        guard let process else { return ("ended", ScannerUsage()) }
        var status: CInt = 0
        var used = rusage()
        while unsafe wait4(process, &status, 0, &used) < 0 && errno == EINTR {}
        let cpu =
            Duration.seconds(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
            + .microseconds(used.ru_utime.tv_usec + used.ru_stime.tv_usec)
        let usage = ScannerUsage(cpu: cpu, maxResidentBytes: Int64(used.ru_maxrss) * 1024)
        return (describe(waitStatus: status), usage)
    }

    func kill() {
        if let process { _ = Glibc.kill(process, SIGKILL) }
    }
}

/// `killed by signal 9 (Killed)`, `exited with 78`
func describe(waitStatus status: Int32) -> String {
    let signal = status & 0x7F
    if signal == 0 { return "exited with \((status >> 8) & 0xFF)" }
    return "killed by signal \(signal) (\(unsafe String(cString: strsignal(signal))))"
}
