/// Flags that several commands share.
extension Flag {
    static let queue = Flag("queue", "URL", "the SQS queue that S3 notifies")
    static let pipelines = Flag("pipelines", "DIR", "folder of pipeline files", fallback: "pipelines")
    static let ledger = Flag(
        "ledger", "URL", "where jobs and outcomes are stored: sqlite:FILE, or postgres://… if several workers share it",
        fallback: "sqlite:lazaret.db")
    static let signatures = Flag("signatures", "DIR", "folder of ClamAV signatures", fallback: "/var/lib/clamav")
    static let spool = Flag(
        "spool", "DIR", "folder for objects during inspection, on a disk with room for all running jobs",
        fallback: "/var/tmp")
    static let scanners = Flag(
        "scanners", "N",
        "scanner processes (default: one for each processor that this process may use, by its CPU set and quota)")
    static let requireSandbox = Flag(
        "require-sandbox", optional: "all",
        "refuse to start unless the scanner's sandbox has each of its properties here; with =all, each of its layers")
    static let matching = Flag(
        "matching", "MODE",
        "filtered: signatures that need rare bytes are left out where none of those stand; whole: none is left out",
        fallback: "whole", choices: ["whole", "filtered"])
    static let verifyMatching = Flag(
        "verify-matching", "PERCENT",
        "with --matching filtered: share of objects that are matched both ways; after a difference, none is left out",
        fallback: "0%")
    static let allowOpenFiles = Flag(
        "allow-open-files", "start even if nothing keeps the scanner's children from opening files")
    static let json = Flag("json", "print one JSON object per line on standard output")
    static let actor = Flag("actor", "NAME", "who asks for it, for the audit trail (default: login name and host name)")
}
