package import Domain
import Glibc

/// Writes one line per event to standard error: a JSON object with `timestamp`, `level`, `message`, then the fields.
package struct Log: Sendable {
    package enum Level: String, Sendable, Comparable, CaseIterable {
        case debug, info, warning, error

        package static func < (one: Level, other: Level) -> Bool {
            allCases.firstIndex(of: one)! < allCases.firstIndex(of: other)!
        }
    }

    private let threshold: Level
    private let write: @Sendable ([UInt8]) -> Void

    /// - Parameter write: takes one whole line, including its newline.
    package init(threshold: Level = .info, write: @escaping @Sendable ([UInt8]) -> Void) {
        self.threshold = threshold
        self.write = write
    }

    /// - Parameter writer: takes the lines.
    package init(threshold: Level = .info, to writer: LogWriter = .standardError) {
        self.init(threshold: threshold) { line in
            writer.write(line) { dropped in
                Self.line(.warning, "log lines dropped: their reader stalled") { $0.field("lines", dropped) }
            }
        }
    }

    package func callAsFunction(_ level: Level, _ message: String, _ fields: (inout JSONWriter) -> Void = { _ in }) {
        guard level >= threshold else { return }
        write(Self.line(level, message, fields))
    }

    private static func line(_ level: Level, _ message: String, _ fields: (inout JSONWriter) -> Void) -> [UInt8] {
        var line = JSONWriter.object { json in
            json.field("timestamp", Timestamp.now().description)
            json.field("level", level.rawValue)
            json.field("message", message)
            fields(&json)
        }
        line.append(0x0A)
        return line
    }
}

/// Writes all bytes to standard error.
package func writeToStandardError(_ bytes: [UInt8]) {
    write(bytes, to: STDERR_FILENO)
}

/// Writes all bytes to a descriptor.
///
/// - Returns: the `errno` of the write that failed, which is the last one; nil if all bytes were written.
@discardableResult package func write(_ bytes: [UInt8], to descriptor: CInt) -> CInt? {
    var rest = bytes[...]
    while !rest.isEmpty {
        let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { return written == 0 ? ENOSPC : errno }
        rest = rest.dropFirst(written)
    }
    return nil
}

extension Timestamp {
    /// The current time of the system's wall clock.
    package static func now() -> Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
