package import Support

/// A log whose lines a test reads, one by one or all at once.
package final class LogLines: Sendable {
    private let lines: AsyncStream<String>
    private let sink: AsyncStream<String>.Continuation
    private let written = Locked<[String]>([])

    package init() { (lines, sink) = AsyncStream.makeStream() }

    package var log: Log { log(threshold: .info) }

    package func log(threshold: Log.Level) -> Log {
        Log(threshold: threshold) { line in
            let line = String(decoding: line, as: UTF8.self)
            self.written.withLock { $0.append(line) }
            self.sink.yield(line)
        }
    }

    /// All lines logged so far.
    package var all: [String] { written.withLock { $0 } }

    /// The number of lines with this message.
    package func count(_ message: String) -> Int { all.count { Self.has($0, message) } }

    /// Waits for the next line with this message and skips those before it. One task at a time may wait.
    @discardableResult package func next(_ message: String) async throws -> String {
        for await line in lines where Self.has(line, message) { return line }
        throw CancellationError()
    }

    private static func has(_ line: String, _ message: String) -> Bool { line.contains("\"message\":\"\(message)\"") }
}
