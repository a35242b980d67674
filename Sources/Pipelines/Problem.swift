/// A mistake in a pipeline: its place, what was found and what was expected.
package struct Problem: Sendable, Equatable, CustomStringConvertible {
    /// The name of the file, or of the folder if the problem is the folder itself.
    package let file: String
    /// Counts from 1; 0 if the problem is the whole file or folder.
    package let line: Int
    /// In characters, from 1; 0 if the problem is the whole file or folder.
    package let column: Int
    /// The path of the key, such as `then.clean.move` or `accept.types[2]`; empty for the whole file.
    package let path: String
    package let message: String

    package init(file: String, line: Int, column: Int, path: String, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.path = path
        self.message = message
    }

    /// `pipelines/uploads.yaml:12:7: then.clean.move: …`
    package var description: String {
        let location = line > 0 ? "\(file):\(line):\(column)" : file
        return path.isEmpty ? "\(location): \(message)" : "\(location): \(path): \(message)"
    }
}

/// All problems of all files, sorted by file, line and column.
package struct PipelineProblems: Error, CustomStringConvertible {
    package let problems: [Problem]

    init(_ problems: [Problem]) {
        self.problems = problems.sorted {
            ($0.file, $0.line, $0.column, $0.path) < ($1.file, $1.line, $1.column, $1.path)
        }
    }

    /// One line for each problem.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Collects the problems of one file while it is read.
struct ProblemList {
    let file: String
    private(set) var problems: [Problem] = []

    init(file: String) { self.file = file }

    mutating func add(_ position: Position, _ path: String, _ message: String) {
        problems.append(
            Problem(file: file, line: position.line, column: position.column, path: path, message: message))
    }
}

/// A line and a column in a file, both from 1.
struct Position: Sendable, Equatable {
    let line: Int
    let column: Int

    static let start = Position(line: 1, column: 1)
}

/// Returns a text for a message: in single quotes, truncated to 60 characters, with control characters escaped.
func quoted(_ text: String) -> String {
    var shown = "'"
    for (count, scalar) in text.unicodeScalars.enumerated() {
        if count == 60 {
            shown += "…"
            break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
            shown += "\\u{\(String(scalar.value, radix: 16))}"
        default: shown.unicodeScalars.append(scalar)
        }
    }
    return shown + "'"
}
