/// How the program ends (sysexits.h), 0 apart.
enum ExitStatus: Int32 {
    /// `lazaret scan` did its work, and not everything is clean.
    case notClean = 1
    case usage = 64
    case badData = 65
    case unavailable = 69
    case internalError = 70
    /// Standard output can't be written.
    case output = 74
    /// Told to stop before all was done; the rest can be done another time (EX_TEMPFAIL).
    case interrupted = 75
    case configuration = 78
}

/// Ends the program with a status and lines for people.
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
