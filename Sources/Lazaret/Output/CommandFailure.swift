/// Exit statuses other than 0, from sysexits.h.
enum ExitStatus: Int32 {
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
