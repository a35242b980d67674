internal import CArchive
internal import Glibc

extension UnpackingError {
    /// The error that libarchive reports. Its return codes say whether it can go on, and its `errno` says little, so
    /// the message decides the code. An unknown message means damage.
    init(_ handle: OpaquePointer, _ source: ContainerSource) {
        let text = unsafe message(of: handle)
        self.init(unsafe Self.code(archive_errno(handle), text.lowercased(), source), text)
    }

    private static func code(_ number: CInt, _ text: String, _ source: ContainerSource) -> Code {
        if source.readErrno != 0 { return .read }
        func contains(_ words: String...) -> Bool { words.contains { text.contains($0) } }
        if number == ENOMEM || contains("out of memory", "too much memory", "can't allocate", "memory limit") {
            return .memory
        }
        if contains("encrypt", "passphrase", "decrypt", "crypto codec") { return .encrypted }
        if contains("unsupported", "not supported", "unavailable", "multivolume", "codec id") { return .method }
        if source.didReadPastEnd || contains("truncated", "premature", "end of file", "end-of-media") {
            return .truncated
        }
        return .malformed
    }
}

extension Archive {
    func libarchiveError() -> UnpackingError { unsafe UnpackingError(handle, source) }

    /// Whether the last warning concerns only a name. Any other warning may mean that data of a member is lost.
    var isNameWarning: Bool {
        let text = unsafe message(of: handle)
        return text.contains("can't be converted from") || text.contains("cannot be converted from")
    }
}

private func message(of archive: OpaquePointer) -> String {
    guard let text = unsafe archive_error_string(archive) else { return "no reason given" }
    return unsafe printable(text)
}
