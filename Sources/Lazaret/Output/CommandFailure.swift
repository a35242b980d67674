/// Exit statuses other than 0, from sysexits.h.
enum ExitStatus: Int32, CaseIterable {
    /// `lazaret scan` found a file that is not clean.
    case notClean = 1
    case usage = 64
    case badData = 65
    case unavailable = 69
    case internalError = 70
    /// Standard output, or the file that was asked for, could not be written.
    case output = 74
    /// Stopped by a signal before the end; a later run can do the rest (EX_TEMPFAIL).
    case interrupted = 75
    case configuration = 78

    /// What the manual says of it.
    var meaning: String {
        switch self {
        case .notClean: "Not everything is clean."
        case .usage: "The command line is wrong."
        case .badData: "The data is wrong: a file that is missing, a job that a person has to look at."
        case .unavailable: "A service could not be reached or failed."
        case .internalError: "A fault of the program."
        case .output: "Standard output, or the file that was asked for, could not be written."
        case .interrupted: "Interrupted before all was done; a later run does the rest."
        case .configuration: "The configuration is wrong: pipelines, settings, permissions."
        }
    }
}

/// An error that ends the program with an exit status and lines on standard error.
struct CommandFailure: Error {
    let status: ExitStatus
    let lines: [String]

    init(_ status: ExitStatus, _ lines: String...) {
        self.status = status
        self.lines = lines
    }

    init(_ status: ExitStatus, lines: [String]) {
        self.status = status
        self.lines = lines
    }
}
