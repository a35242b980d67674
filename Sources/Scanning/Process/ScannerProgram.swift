import CShims
import Glibc
import Sandbox
package import ScanProtocol
import Support

/// The process that parses hostile bytes, from its start to its end.
///
/// This first process loads the engine once, then forks children that share it copy-on-write. Each child answers requests
/// on a socket of its own; the first process never sees an object, nor a reply. It has one thread, and no credentials and
/// no network to lose. The worker starts it with the control socket as descriptor 3 and ends it by closing that socket.
package enum ScannerProgram {
    /// A packet to send in place of the usual answer to a request with its descriptor; nil gives the usual one. The
    /// request's ticket goes behind it as usual.
    ///
    /// The shipped program has none: this is how the tests' own scanner does what a hijacked child might do.
    package typealias Override = (ScanRequest, CInt, Nonce) -> [UInt8]?

    package static func run(overriding override: Override? = nil) -> Never {
        let arguments: Arguments
        do throws(Arguments.Problem) {
            arguments = try Arguments(CommandLine.arguments.dropFirst())
        } catch {
            fail(error.exitCode, error.message)
        }
        guard Control.isOpen else {
            fail(EX_USAGE, "lazaret-scanner is started by `lazaret run` and `lazaret scan`, not by hand")
        }
        ignoreSignalsOfTheTerminal()
        let control = Control()
        guard lz_die_with_parent(SIGKILL) == 0 else { exit(EX_OSERR) }

        do throws(StartFailure) {
            let bounds = SandboxLimits(memory: arguments.memory, scratch: arguments.scratchLimit)
            let sandbox = Sandbox(bounds: bounds)
            let scratch = try Scratch(under: arguments.scratch, childrenOf: sandbox.user)
            let detector = try TypeDetector()
            let canary = Canary()
            let engine = try Engine(signatures: arguments.signatures, scratch: scratch.path, canary: canary)
            prewarm(engine, detector)
            let probe = try Probe.run(in: scratch) { seat in
                Introduction.make(.probe, seat, sandbox, engine, canary)
                _exit(EX_OK)
            }
            if arguments.requiresSandbox { try requireAll(of: probe.sandbox) }
            var facts = engine.facts
            facts.sandbox = probe.sandbox
            facts.findsEicar = probe.findsEicar
            control.send(.ready(facts))
            let supervisor = try Supervisor(
                control: control, children: arguments.children, scratch: scratch, bounds: bounds)
            supervisor.run { seat in
                Introduction.make(.child, seat, sandbox, engine, canary)
                Child.serve(engine, detector, canary, override)
            }
            scratch.remove()
            exit(EX_OK)
        } catch {
            control.send(.failed(reason: error.reason))
            exit(EX_CONFIG)
        }
    }

    private static func requireAll(of layers: [SandboxLayer]) throws(StartFailure) {
        let missing = layers.filter { !$0.isGiven }.map { "\($0.name) (\($0.detail))" }
        guard !missing.isEmpty else { return }
        throw StartFailure(
            reason: "--require-sandbox is set, and this machine does not give all of the scanner's sandbox: "
                + missing.joined(separator: ", ")
                + "; start as root or let users make namespaces, on a kernel of 5.13 or later with landlock and seccomp, "
                + "or do without --require-sandbox")
    }

    /// The worker drains on the signals that a terminal or an init system sends to all processes at once, and needs the
    /// scanner until it is done. A write beyond a limit of the file system is an error to report, not an end.
    private static func ignoreSignalsOfTheTerminal() {
        for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTTOU, SIGPIPE, SIGXFSZ] {
            _ = signal(number, SIG_IGN)
        }
    }

    private static func fail(_ code: CInt, _ message: String) -> Never {
        writeToStandardError(Array("lazaret-scanner: \(message)\n".utf8))
        exit(code)
    }
}

/// Why the scanner cannot start, in a sentence that says what to do.
struct StartFailure: Error {
    let reason: String
}
