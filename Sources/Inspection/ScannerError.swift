package import ScanProtocol

/// Why an inspection gave no answer. The error says nothing of the object, unless it has an `objectFailure`.
package struct ScannerError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The program is missing or cannot be run.
        case executable
        /// The scanner could not start, for example because of missing or corrupt signatures.
        case start
        /// The scanner is down and is being started again; a later try may succeed.
        case unavailable
        /// The scanner was stopped or not started.
        case stopped
        /// The calling task was cancelled.
        case cancelled
        /// The object's descriptor cannot be used.
        case descriptor
        /// The scanner refused the request: a defect, or a descriptor whose file changed.
        case refused
        /// libmagic reports no type for the object's bytes.
        case untyped
        /// The object killed its child again and again.
        case died
        /// The object kept its child busy without progress, or for longer than its size warrants.
        case noProgress
        /// The object needed more memory than a child has.
        case outOfMemory
        /// The object kept its child busy beyond the time limit.
        case timedOut
        /// The disk under the scratch folder stayed full for longer than the worker waits.
        case scratchFull
    }

    package let code: Code
    package let message: String
    /// What to do about it.
    package let hint: String

    package init(_ code: Code, _ message: String, hint: String = "") {
        self.code = code
        self.message = message
        self.hint = hint
    }

    /// The failure if the object itself is to blame; nil for an error that says nothing of the object.
    package var objectFailure: InspectionFailure? {
        switch code {
        case .died: .died(message)
        case .noProgress: .noProgress(message)
        case .outOfMemory: .outOfMemory(message)
        case .timedOut: .timedOut(message)
        case .untyped: .untyped(message)
        case .executable, .start, .unavailable, .stopped, .cancelled, .descriptor, .refused, .scratchFull: nil
        }
    }

    /// Whether the same call may succeed later.
    package var isRetryable: Bool { code == .unavailable || code == .scratchFull }

    package var description: String { hint.isEmpty ? message : "\(message): \(hint)" }
}
