import CShims
import Glibc
import ScanProtocol

extension Sandbox {
    /// Denies all files outside the scratch folder.
    ///
    /// A missing right does not cause an error: the engine then answers "clean" without having unpacked anything. The
    /// canary detects that.
    func restrictFiles() -> SandboxLayer {
        let version = lz_landlock_version()
        guard version > 0 else { return SandboxLayer("landlock", "", failed: true) }
        let additions = version >= 6 ? ", TCP, abstract sockets, signals" : version >= 4 ? ", TCP" : ""
        return SandboxLayer(
            "landlock", "version \(version): files outside scratch\(additions)",
            failed: unsafe lz_landlock(Self.scratch, version) != 0)
    }
}
