internal import Dispatch
internal import Glibc

/// Flags that several commands have.
extension Flag {
    static let queue = Flag("queue", "URL", "the SQS queue that S3 notifies")
    static let pipelines = Flag("pipelines", "DIR", "folder of pipeline files", fallback: "pipelines")
    static let ledger = Flag(
        "ledger", "URL", "where jobs and outcomes are recorded: a file, or postgres://… for a fleet",
        fallback: "sqlite:lazaret.db")
    static let signatures = Flag("signatures", "DIR", "folder of ClamAV signatures", fallback: "/var/lib/clamav")
    static let spool = Flag(
        "spool", "DIR", "folder on a disk with room for the objects under way", fallback: "/var/tmp")
    static let scanners = Flag("scanners", "N", "scanner processes (default: one a core)")
    static let requireSandbox = Flag(
        "require-sandbox", "refuse to start where this machine does not give every layer of the scanner's sandbox")
    static let json = Flag("json", "one JSON object a line, on standard output")

    init(_ name: String, _ help: String) { self.init(name, nil, help) }
}

extension Arguments {
    /// Scanner processes to run: as asked, else one a core.
    func scannerCount() throws -> Int {
        try integer("scanners", in: 1...256) ?? max(1, Int(sysconf(CInt(_SC_NPROCESSORS_ONLN))))
    }
}

/// Where the program stands whose code this is; the scanner stands beside it.
func scannerExecutable() throws -> String {
    var room = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink("/proc/self/exe", &room, room.count)
    guard count > 0 else { throw CommandFailure(.internalError, "/proc/self/exe can't be read: is /proc mounted?") }
    let path = String(decoding: room[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? ""
    return folder + "lazaret-scanner"
}
