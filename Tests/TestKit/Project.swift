internal import Glibc

/// Paths in the checkout that these tests were built from.
package enum Project {
    /// The root of the checkout, without a trailing slash.
    package static let root: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(3).joined(separator: "/")
    }()

    /// The Python that `make setup` installs, with boto3 and MiniStack.
    package static var python: String { root + "/.venv/bin/python" }

    /// The folder of the binaries under test, which is that of the test bundle.
    package static let binaries: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }()

    package static func fixture(_ path: String) -> String { root + "/Tests/Fixtures/" + path }
}
