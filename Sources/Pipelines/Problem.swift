/// One mistake in the pipelines: where it is, what was there and what was expected.
package struct Problem: Sendable, Equatable, CustomStringConvertible {
    /// The file as it was named to the reader; the folder's name where the folder itself is the problem.
    package let file: String
    /// 1 for the first line; 0 where the whole file or folder is the problem.
    package let line: Int
    /// In characters, 1 for the first; 0 where the whole file or folder is the problem.
    package let column: Int
    /// The way to the value from the top of the file, such as `then.clean.move` or `accept.types[2]`; empty for the file.
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
        let place = line > 0 ? "\(file):\(line):\(column)" : file
        return path.isEmpty ? "\(place): \(message)" : "\(place): \(path): \(message)"
    }
}

/// Everything that is wrong with the pipelines, over all files, ordered by file, line and column.
package struct PipelineProblems: Error, CustomStringConvertible {
    package let problems: [Problem]

    init(_ problems: [Problem]) {
        self.problems = problems.sorted {
            ($0.file, $0.line, $0.column, $0.path) < ($1.file, $1.line, $1.column, $1.path)
        }
    }

    /// One problem a line.
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

/// A place in a file: line and column, 1 for the first.
struct Position: Sendable, Equatable {
    let line: Int
    let column: Int

    static let start = Position(line: 1, column: 1)
}

/// `text` as a message shows it: in single quotes, cut where it is long, control characters made visible.
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
