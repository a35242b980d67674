/// Why a container, or one of its members, could not be read to its end.
package struct UnpackingError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The container ends before what it announced.
        case truncated
        /// The container contradicts itself, or what it holds fails its own check.
        case malformed
        case encrypted
        /// A form, a method of compression or a kind of volume that nothing here opens.
        case method
        /// The limit that the caller gave was hit.
        case tooLarge = "too-large"
        /// The unpacked bytes could not be written.
        case scratch
        /// The unpacked bytes could not be written for want of room on the disk, or of a quota.
        case scratchFull = "scratch-full"
        /// The container asks for more memory than it is given.
        case memory
        /// The container's own bytes could not be read.
        case read
    }

    package let code: Code
    /// For people, printable.
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { "\(code.rawValue): \(detail)" }
}
