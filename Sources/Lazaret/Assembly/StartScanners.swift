internal import Domain
internal import Glibc
internal import Inspection
internal import ScanProtocol
internal import Support

/// - Parameters:
///   - children: how many objects are inspected at once.
///   - limits: the limits of every pipeline in use. If one of them exceeds the default scan size, a child may extract
///     as much as the largest allows.
///   - signatureInterval: how often the signature folder is checked for changes; nil to keep the first set.
func scannerConfiguration(
    _ arguments: Arguments, children: Int, limits: [ScanLimits] = [], signatureInterval: Duration? = nil
) throws -> ScannerConfiguration {
    let largest = limits.map(\.maxScanSize).max() ?? 0
    var configuration = try ScannerConfiguration(
        executable: scannerExecutable(), signatures: arguments.required("signatures"), children: children,
        signatureInterval: signatureInterval, sandbox: arguments.sandboxRequirement(),
        scratchLimit: largest > ScanLimits().maxScanSize ? largest : nil)
    configuration.matching = try arguments.patternMatching()
    configuration.verifyMatching = try arguments.verifiedShare()
    return configuration
}

/// - Throws: `CommandFailure`.
@discardableResult func startScanners(_ scanners: Scanners) async throws -> EngineDescription {
    do {
        return try await scanners.start()
    } catch {
        throw CommandFailure(.configuration, "\(error)")
    }
}

/// Checks that a child that was taken over can't open the worker's files, such as its environment or its ledger.
///
/// - Throws: `CommandFailure` unless the sandbox has a layer for that, or the flag says that none is needed.
func checkFileLayer(_ engine: EngineDescription, isAllowed: Bool) throws {
    guard engine.missingProperties.contains(.noFiles), !isAllowed else { return }
    throw CommandFailure(
        .configuration,
        "nothing keeps the scanner's children from opening files: \(engine.missingLayers.joined(separator: ", "))",
        "To change that, \(SandboxProperty.noFiles.advice) (docs/SANDBOX.md); --allow-open-files starts it nevertheless."
    )
}

/// The path of `lazaret-scanner`, which is installed in the same folder as this program.
private func scannerExecutable() throws -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0 else { throw CommandFailure(.internalError, "/proc/self/exe can't be read: is /proc mounted?") }
    let path = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? ""
    return folder + "lazaret-scanner"
}
