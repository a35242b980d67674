import CShims
import Glibc
import ScanProtocol

extension Sandbox {
    /// Leaves of all files only those of the scratch folder.
    ///
    /// A right too few does not show as an error: the engine then answers "clean" without having unpacked anything. That is
    /// what the canary is for.
    func landlock() -> SandboxLayer {
        let version = lz_landlock_version()
        guard version > 0 else { return SandboxLayer("landlock", "", failed: true) }
        let reach = version >= 6 ? ", TCP, abstract sockets, signals" : version >= 4 ? ", TCP" : ""
        return SandboxLayer(
            "landlock", "version \(version): files beyond scratch\(reach)",
            failed: unsafe lz_landlock(Self.scratch, version) != 0)
    }
}
