import Glibc
import ScanProtocol

/// Compares the sandbox that a child found with what `--require-sandbox` asks for.
enum SandboxCheck {
    /// - Throws: `StartFailure` with what is missing, and what to do that this machine can do.
    static func check(_ layers: [SandboxLayer], meets requirement: SandboxRequirement) throws(StartFailure) {
        switch requirement {
        case .none: return
        case .properties: try checkProperties(layers)
        case .all: try checkLayers(layers, inContainer: isInContainer)
        }
    }

    private static func checkProperties(_ layers: [SandboxLayer]) throws(StartFailure) {
        let missing = SandboxProperty.allCases.filter { $0.layers(of: layers).isEmpty }
        guard !missing.isEmpty else { return }
        throw StartFailure(
            reason: "--require-sandbox is set, and no layer of the scanner's sandbox gives "
                + missing.map { "'\($0.rawValue)': \($0.advice)" }.joined(separator: "; ")
                + ". Missing here: \(names(layers.filter { !$0.isGiven }))")
    }

    static func checkLayers(_ layers: [SandboxLayer], inContainer: Bool) throws(StartFailure) {
        let missing = layers.filter { !$0.isGiven }
        guard !missing.isEmpty else { return }
        let advice =
            inContainer
            ? "in a container, use --require-sandbox without '=all', which asks for what these layers give and not for each of them"
            : "start as root or allow unprivileged user namespaces, on Linux 5.13 or later with Landlock and seccomp, or use --require-sandbox without '=all'"
        throw StartFailure(
            reason: "--require-sandbox=all is set, and this machine does not support every layer of the scanner's "
                + "sandbox: \(names(missing)); \(advice)")
    }

    private static func names(_ layers: [SandboxLayer]) -> String {
        layers.map { "\($0.name) (\($0.detail))" }.joined(separator: ", ")
    }

    /// Whether this process is in a PID namespace other than the machine's, whose number is fixed (Linux,
    /// `include/linux/proc_ns.h`, `PROC_PID_INIT_INO`).
    private static var isInContainer: Bool {
        var buffer = [CChar](repeating: 0, count: 64)
        let count = unsafe readlink("/proc/self/ns/pid", &buffer, buffer.count)
        let name = String(decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return !name.isEmpty && name != "pid:[4026531836]"
    }
}
