import CClamAV
import Glibc

/// What libclamav says while it loads signatures, beyond its return code. There is one record, since the callback for log
/// messages has no other way to find it.
final class LoadMessages: @unchecked Sendable {
    static let current = LoadMessages()
    private static let maximum = 64
    /// Warnings and errors, the first ones, in their order.
    private(set) var lines: [String] = []

    /// Takes libclamav's messages from here on.
    static func listen() {
        unsafe cl_set_clcb_msg { severity, _, message, _ in
            guard severity.rawValue >= CL_MSG_WARN.rawValue, let message = unsafe message else { return }
            LoadMessages.current.note(unsafe String(cString: message))
        }
    }

    func clear() { lines = [] }

    private func note(_ message: String) {
        let words = message.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        // libclamav frames its remark on databases of more than seven days with stars: their age is told elsewhere.
        guard !words.isEmpty, !words.hasPrefix("LibClamAV Warning: ***"), !words.hasPrefix("***") else { return }
        if lines.count < Self.maximum { lines.append(words) }
    }
}
