import Glibc

/// Reads every `*.yaml` and `*.yml` file of a folder that is not hidden, sorted by name.
///
/// The only function of this module that reads from a disk.
func readPipelineFolder(_ folder: String) -> (files: [(name: String, text: [UInt8])], problems: [Problem]) {
    func problem(_ file: String, _ message: String) -> Problem {
        Problem(file: file, line: 0, column: 0, path: "", message: message)
    }
    guard let stream = unsafe opendir(folder) else {
        let why = unsafe String(cString: strerror(errno))
        return ([], [problem(folder, "\(why); set --pipelines to the folder of your pipelines")])
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
            unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if !name.hasPrefix("."), name.hasSuffix(".yaml") || name.hasSuffix(".yml") { names.append(name) }
    }
    guard !names.isEmpty else {
        return (
            [], [problem(folder, "no *.yaml files; add a pipeline, or set --pipelines to another folder")]
        )
    }

    var files: [(name: String, text: [UInt8])] = []
    var problems: [Problem] = []
    for name in names.sorted() {
        let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
        do throws(ReadFailure) {
            files.append((path, try readText(path)))
        } catch {
            problems.append(problem(path, error.message))
        }
    }
    return (files, problems)
}

private struct ReadFailure: Error {
    let message: String

    init(_ message: String) { self.message = message }

    static var lastSystemError: ReadFailure { ReadFailure("can't be read: \(unsafe String(cString: strerror(errno)))") }
}

/// Reads a regular file, but at most one byte more than a pipeline may have: the reader reports files that are too
/// long.
private func readText(_ path: String) throws(ReadFailure) -> [UInt8] {
    // Does not block if the file is a named pipe.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .lastSystemError }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .lastSystemError }
    guard status.st_mode & S_IFMT == S_IFREG else { throw ReadFailure("not a regular file") }

    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while text.count <= YAMLDocument.maxBytes {
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw .lastSystemError }
        if count == 0 { break }
        text += buffer[..<count]
    }
    return text
}
