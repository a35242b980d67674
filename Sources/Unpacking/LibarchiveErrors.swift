internal import CArchive
internal import Glibc

extension UnpackingError {
    /// What libarchive says when something is wrong, in our words. Its codes tell how far it can go on and its `errno` little,
    /// so the text decides the rest; what no rule knows is damage.
    init(_ handle: OpaquePointer, _ source: ContainerSource) {
        let text = unsafe message(of: handle)
        self.init(unsafe Self.code(archive_errno(handle), text.lowercased(), source), text)
    }

    private static func code(_ number: CInt, _ text: String, _ source: ContainerSource) -> Code {
        if source.failure != 0 { return .read }
        func says(_ words: String...) -> Bool { words.contains { text.contains($0) } }
        if number == ENOMEM || says("out of memory", "too much memory", "can't allocate", "memory limit") {
            return .memory
        }
        if says("encrypt", "passphrase", "decrypt", "crypto codec") { return .encrypted }
        if says("unsupported", "not supported", "unavailable", "multivolume", "codec id") { return .method }
        if source.wantedMore || says("truncated", "premature", "end of file", "end-of-media") { return .truncated }
        return .malformed
    }
}

extension Archive {
    func failure() -> UnpackingError { unsafe UnpackingError(handle, source) }

    /// Whether a warning is about a name alone. Every other one means that something of a member may be lost.
    var isHarmless: Bool {
        let text = unsafe message(of: handle)
        return text.contains("can't be converted from") || text.contains("cannot be converted from")
    }
}

private func message(of archive: OpaquePointer) -> String {
    guard let text = unsafe archive_error_string(archive) else { return "no reason given" }
    return unsafe printable(text)
}
