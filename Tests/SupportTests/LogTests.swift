import Domain
import Foundation
import Support
import Testing

struct LogTests {
    /// The lines that `body` logs.
    private func lines(threshold: Log.Level = .info, _ body: (Log) -> Void) -> [String] {
        let lines = Collected()
        body(
            Log(threshold: threshold) { line in lines.all.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            })
        return lines.all.withLock { $0 }
    }

    private final class Collected: Sendable {
        let all = Locked<[String]>([])
    }

    @Test func `a line has time, level, message, then the fields`() throws {
        let before = Timestamp.now()
        let line = try #require(
            lines { log in
                log(.warning, "two\nlines") { json in
                    json.field("job", "1")
                    json.field("none", nil as Int?)
                }
            }.first)
        #expect(line.hasSuffix(#","level":"warning","message":"two\nlines","job":"1"}"# + "\n"))
        let start = #"{"timestamp":""#
        #expect(line.hasPrefix(start))
        let time = try #require(Timestamp(iso8601: String(line.dropFirst(start.count).prefix(24))))
        #expect(time >= before && time <= Timestamp.now())
    }

    @Test(arguments: Log.Level.allCases)
    func `a line below the threshold is not even built`(_ threshold: Log.Level) {
        var built = 0
        let written = lines(threshold: threshold) { log in
            for level in Log.Level.allCases { log(level, "m") { _ in built += 1 } }
        }
        let expected = Log.Level.allCases.filter { $0 >= threshold }
        #expect(built == expected.count && written.count == expected.count)
        for (line, level) in zip(written, expected) { #expect(line.contains(#""level":"\#(level.rawValue)""#)) }
    }

    @Test func `levels rise from debug to error`() {
        #expect(Log.Level.debug < .info && Log.Level.info < .warning && Log.Level.warning < .error)
    }

    @Test(.timeLimit(.minutes(1))) func `a write longer than the pipe is complete`() async throws {
        let pipe = Pipe()
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        Thread.detachNewThread {
            write(bytes, to: descriptor)
            try? pipe.fileHandleForWriting.close()
        }
        let read = try pipe.fileHandleForReading.readToEnd()
        #expect(read.map(Array.init) == bytes)
    }
}
