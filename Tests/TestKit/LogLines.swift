package import Support

/// A log whose lines a test reads, as they come or all that there are.
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

    /// All that was logged.
    package var all: [String] { written.withLock { $0 } }

    /// How often this message was logged.
    package func count(_ message: String) -> Int { all.count { Self.has($0, message) } }

    /// The next line with this message; what came before it is passed over. One task at a time may wait.
    @discardableResult package func next(_ message: String) async throws -> String {
        for await line in lines where Self.has(line, message) { return line }
        throw CancellationError()
    }

    private static func has(_ line: String, _ message: String) -> Bool { line.contains("\"message\":\"\(message)\"") }
}
