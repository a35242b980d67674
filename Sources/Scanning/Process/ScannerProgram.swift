import CShims
import Glibc
import Sandbox
package import ScanProtocol
import Support

/// The scanner: the program whose children parse hostile bytes.
///
/// Its first process loads the engine once, then forks children that share it copy-on-write. Each child answers
/// requests on its own socket; the first process never sees an object or a reply. It has one thread, no credentials and
/// no network. The worker starts it with the control socket as descriptor 3, and ends it by closing that socket.
package enum ScannerProgram {
    /// Returns a packet to send in place of the answer to a request, or nil for the usual answer. The request's nonce
    /// is appended in both cases.
    ///
    /// The shipped program has no override. The tests' scanner does with it what a compromised child might do.
    package typealias Override = (ScanRequest, CInt, Nonce) -> [UInt8]?

    package static func run(overriding override: Override? = nil) -> Never {
        let arguments: ScannerArguments
        do throws(ScannerArguments.Problem) {
            arguments = try ScannerArguments(CommandLine.arguments.dropFirst())
        } catch {
            fail(error.exitCode, error.message)
        }
        guard ControlSocket.isOpen else {
            fail(EX_USAGE, "lazaret-scanner is started by `lazaret run` and `lazaret scan`, not by hand")
        }
        keepProcessSecret()
        ignoreTerminalSignals()
        let control = ControlSocket()
        guard lz_die_with_parent(SIGKILL) == 0 else { exit(EX_OSERR) }

        do throws(StartFailure) {
            let sandboxLimits = SandboxLimits(memory: arguments.memory, scratch: arguments.scratchLimit)
            let sandbox = Sandbox(limits: sandboxLimits)
            let scratch = try Scratch(under: arguments.scratch, childrenOf: sandbox.user)
            let detector = try TypeDetector()
            let canary = Canary()
            let engines = try Engines(
                signatures: arguments.signatures, scratch: scratch.path, canary: canary,
                isFiltered: arguments.isFiltered)
            prewarm(engines, detector)
            HugePages.gather()
            let probe = try SandboxProbe.run(in: scratch) { setup in
                ChildStartup.run(.probe, setup, sandbox, engines, canary)
                _exit(EX_OK)
            }
            try SandboxCheck.check(probe.sandbox, meets: arguments.requirement)
            var facts = engines.facts
            facts.sandbox = probe.sandbox
            (facts.findsEicar, facts.falseAlarm) = (probe.findsEicar, probe.falseAlarm)
            control.send(.ready(facts))
            let supervisor = try Supervisor(
                control: control, children: arguments.children, scratch: scratch, limits: sandboxLimits)
            supervisor.run { setup in
                ChildStartup.run(.child, setup, sandbox, engines, canary)
                Child.serve(engines, detector, canary, override)
            }
            scratch.remove()
            exit(EX_OK)
        } catch {
            control.send(.failed(reason: error.reason))
            exit(EX_CONFIG)
        }
    }

    /// A terminal or an init system sends these signals to all processes at once. The worker then drains, and needs the
    /// scanner until it is done. A write beyond a file size limit (SIGXFSZ) is an error to report.
    private static func ignoreTerminalSignals() {
        for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTTOU, SIGPIPE, SIGXFSZ] {
            _ = signal(number, SIG_IGN)
        }
    }

    private static func fail(_ code: CInt, _ message: String) -> Never {
        writeToStandardError(Array("lazaret-scanner: \(message)\n".utf8))
        exit(code)
    }
}

/// Why the scanner cannot start, with what to do about it.
struct StartFailure: Error {
    let reason: String
}
