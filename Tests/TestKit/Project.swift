internal import Glibc

/// Where things stand in the checkout that these tests were built from.
package enum Project {
    /// The root of the checkout, without a slash at its end.
    package static let root: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(3).joined(separator: "/")
    }()

    /// The Python that `make setup` made, with boto3 and MiniStack.
    package static var python: String { root + "/.venv/bin/python" }

    /// The folder of the binaries under test: where the test bundle itself was built.
    package static let binaries: String = {
        var room = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &room, room.count)
        let path = String(decoding: room.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }()

    package static func fixture(_ path: String) -> String { root + "/Tests/Fixtures/" + path }
}
