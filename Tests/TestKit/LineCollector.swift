internal import Dispatch
internal import Glibc
internal import Support

/// Reads a descriptor to its end on its own thread. Keeps the whole text, and streams its lines as they arrive.
final class LineCollector: Sendable {
    let lines: AsyncStream<String>
    private let text = Locked<[UInt8]>([])
    private let isAtEnd = DispatchSemaphore(value: 0)

    init(_ descriptor: CInt, label: String) {
        let (lines, sink) = AsyncStream.makeStream(of: String.self)
        self.lines = lines
        DispatchQueue(label: label).async { [self] in
            var pending: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { break }
                text.withLock { $0.append(contentsOf: buffer.prefix(count)) }
                pending.append(contentsOf: buffer.prefix(count))
                while let end = pending.firstIndex(of: 0x0A) {
                    sink.yield(String(decoding: pending[..<end], as: UTF8.self))
                    pending.removeSubrange(...end)
                }
            }
            close(descriptor)
            if !pending.isEmpty { sink.yield(String(decoding: pending, as: UTF8.self)) }
            sink.finish()
            isAtEnd.signal()
        }
    }

    /// Returns the whole text. Blocks until the end of the stream, but at most five seconds: a grandchild may keep it
    /// open.
    func finish() -> String {
        _ = isAtEnd.wait(timeout: .now() + 5)
        return String(decoding: text.withLock { $0 }, as: UTF8.self)
    }
}
