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

    /// Lines longer than a pipe takes at once, and a reader that is slower than the writers.
    @Test(.timeLimit(.minutes(1))) func `lines of several threads do not mix`() async throws {
        let pipe = Pipe()
        let log = Log(to: LogWriter(pipe.fileHandleForWriting.fileDescriptor, patience: 30_000))
        let reading = Task.detached {
            var text: [UInt8] = []
            let reader = pipe.fileHandleForReading.fileDescriptor
            var piece = [UInt8](repeating: 0, count: 5000)
            while true {
                let count = read(reader, &piece, piece.count)
                guard count > 0 else { return text }
                text += piece.prefix(count)
            }
        }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask {
                    for _ in 0..<50 {
                        log(.info, "long") { $0.field("text", String(repeating: "\(number)", count: 7000)) }
                    }
                }
            }
        }
        try pipe.fileHandleForWriting.close()
        let lines = await reading.value.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 200)
        for line in lines {
            let text = try #require(line.split(separator: UInt8(ascii: "\"")).dropLast().last)
            #expect(text.count == 7000 && Set(text).count == 1)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `a reader that stalls holds nobody up, and dropped lines are counted`() throws {
        let pipe = Pipe()
        let log = Log(to: LogWriter(pipe.fileHandleForWriting.fileDescriptor, patience: 50))
        let start = ContinuousClock.now
        for number in 0..<3000 {
            log(.info, "before") { $0.field("text", String(repeating: "x", count: 500 + number)) }
        }
        // Only the first one waits.
        #expect(ContinuousClock.now - start < .seconds(20))
        let reader = pipe.fileHandleForReading.fileDescriptor
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        var text: [UInt8] = []
        let count = read(reader, &piece, piece.count)
        text += piece.prefix(count)
        log(.info, "after")
        try pipe.fileHandleForWriting.close()
        text += try pipe.fileHandleForReading.readToEnd().map(Array.init) ?? []
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        let whole = lines.count { $0.contains(#""message":"before""#) && $0.hasSuffix("}") }
        let notice = try #require(lines.last { $0.contains("log lines dropped") })
        #expect(notice.contains(#""lines":\#(3000 - whole)}"#), "\(whole) whole, \(notice)")
        #expect(lines.last?.contains(#""message":"after""#) == true && whole > 10)
        // One line may have been cut; it does not run into the next one.
        #expect(lines.count { !$0.hasSuffix("}") } <= 1)
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
