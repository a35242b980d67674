internal import Glibc
internal import Support

/// Standard output, unbuffered. Remembers the first failed write, so that a list that a full disk cut short is reported
/// as incomplete.
enum StandardOutput {
    /// The `errno` of the first failed write. Nothing is written after it.
    static var failure: CInt? { state.withLock { $0 } }

    private static let state = Locked<CInt?>(nil)

    static func write(_ bytes: [UInt8]) {
        state.withLock { failure in
            if failure == nil { failure = Support.write(bytes, to: STDOUT_FILENO) }
        }
    }
}

/// Writes a line to standard output.
func output(_ line: String) { StandardOutput.write(Array("\(line)\n".utf8)) }

/// Writes one JSON object as a line of standard output.
func outputJSON(_ fill: (inout JSONWriter) -> Void) {
    StandardOutput.write(JSONWriter.object(keepingNulls: true, fill) + [0x0A])
}

/// Writes a line to standard error.
func printNotice(_ line: String) { writeToStandardError(Array("\(line)\n".utf8)) }
