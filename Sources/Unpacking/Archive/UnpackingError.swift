/// Why a container, or one of its members, could not be read to its end.
package struct UnpackingError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The container ends before the end that it declares.
        case truncated
        /// The container contradicts itself, or its data fail its own check.
        case malformed
        case encrypted
        /// A form, compression method or kind of volume that nothing here supports.
        case method
        /// The caller's limit was hit.
        case tooLarge = "too-large"
        /// The unpacked bytes could not be written.
        case scratch
        /// The unpacked bytes could not be written because the disk or a quota is full.
        case scratchFull = "scratch-full"
        /// The container needs more memory than it may use.
        case memory
        /// The container's own bytes could not be read.
        case read
    }

    package let code: Code
    /// A printable text for people.
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { "\(code.rawValue): \(detail)" }
}

extension UnpackingError {
    /// Whether it says that the bytes are not what the form asks for.
    package var isDamage: Bool { code == .malformed || code == .truncated }
}
