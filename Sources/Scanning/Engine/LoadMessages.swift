import CClamAV
import Glibc

/// The messages that libclamav logs while it loads signatures. There is one record, since the callback for log messages
/// carries no context.
final class LoadMessages: @unchecked Sendable {
    static let current = LoadMessages()
    private static let maximum = 64
    /// The first warnings and errors, in their order.
    private(set) var lines: [String] = []

    /// Receives libclamav's messages from now on.
    static func listen() {
        unsafe cl_set_clcb_msg { severity, _, message, _ in
            guard severity.rawValue >= CL_MSG_WARN.rawValue, let message = unsafe message else { return }
            LoadMessages.current.note(unsafe String(cString: message))
        }
    }

    func clear() { lines = [] }

    private func note(_ message: String) {
        let words = message.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        // libclamav frames its warning about databases older than seven days with stars. The worker reports their age
        // itself.
        guard !words.isEmpty, !words.hasPrefix("LibClamAV Warning: ***"), !words.hasPrefix("***") else { return }
        if lines.count < Self.maximum { lines.append(words) }
    }
}
