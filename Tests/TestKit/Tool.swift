internal import CShims
internal import Foundation
internal import Glibc
internal import Support

/// A program that ran to its end.
package struct Tool: Sendable {
    /// The status of waitpid(2): 0 on success.
    package let status: Int32
    package let output: [UInt8]

    private static let environment = ProcessInfo.processInfo.environment

    /// Runs a program, searched in `PATH`, and waits for its end. It inherits the standard error of the tests.
    ///
    /// Foundation's `Process` is not used, because it has crashed with many processes at once. Input and output are
    /// files in memory, so that no pipe fills up.
    package static func run(_ words: [String], input: [UInt8] = []) throws -> Tool {
        let source = Descriptor(owning: lz_memfd("input"))
        let sink = Descriptor(owning: lz_memfd("output"))
        var written = 0
        while written < input.count {
            let count = input[written...].withUnsafeBytes { write(source.number, $0.baseAddress, $0.count) }
            guard count > 0 else { throw SystemError("write") }
            written += count
        }
        lseek(source.number, 0, SEEK_SET)
        let process = try spawn(
            "/usr/bin/env", words, environment: environment, directory: nil, input: source.number,
            output: sink.number, error: 2)
        var status: CInt = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        var output = [UInt8](repeating: 0, count: Int(lseek(sink.number, 0, SEEK_END)))
        let count = output.withUnsafeMutableBytes { readAt(sink.number, offset: 0, into: $0) }
        guard count == output.count else { throw SystemError("read") }
        return Tool(status: status, output: output)
    }
}
