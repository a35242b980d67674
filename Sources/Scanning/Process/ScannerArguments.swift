import Glibc
import ScanProtocol

/// The scanner's command line, which the worker writes.
struct ScannerArguments {
    struct Problem: Error {
        let exitCode: CInt
        let message: String
    }

    private(set) var signatures = "/var/lib/clamav"
    private(set) var children = 1
    /// The folder for the children's scratch folders.
    private(set) var scratch = "/tmp"
    /// Bytes of memory that a child may use beyond what it shares with the first process. libclamav allocates a whole
    /// file's length for each level of an archive, up to 2 GiB at a time: this is enough for two such levels.
    private(set) var memory: UInt64 = 4 << 30
    /// Bytes that a child's scratch folder may hold: the default of `max-scan-size`. Scratch holds a part of what was
    /// unpacked, so a scan within that limit stays below.
    private(set) var scratchLimit: UInt64 = 4 << 30
    /// Whether signatures are filtered (`Matching/Engines.swift`).
    private(set) var isFiltered = false
    /// What the sandbox must have for the scanner to start.
    private(set) var requirement = SandboxRequirement.none

    init(_ words: some Sequence<String>) throws(Problem) {
        var words = words.makeIterator()
        while let name = words.next() {
            if name == "--help" {
                throw Problem(
                    exitCode: EX_OK,
                    message: "usage: lazaret-scanner --signatures DIR --children N --scratch DIR --memory BYTES "
                        + "--scratch-limit BYTES --require-sandbox none|properties|all --matching whole|filtered")
            }
            guard let value = words.next() else {
                throw Problem(exitCode: EX_USAGE, message: "\(name) needs a value")
            }
            switch name {
            case "--signatures":
                signatures = value
            case "--children":
                guard let count = Int(value), (1...1024).contains(count) else {
                    throw Problem(exitCode: EX_USAGE, message: "--children takes a number from 1 to 1024, not \(value)")
                }
                children = count
            case "--scratch":
                scratch = value
            case "--require-sandbox":
                guard let known = SandboxRequirement(rawValue: value) else {
                    throw Problem(
                        exitCode: EX_USAGE, message: "--require-sandbox takes none, properties or all, not \(value)")
                }
                requirement = known
            case "--matching":
                guard let matching = PatternMatching(flag: value) else {
                    throw Problem(exitCode: EX_USAGE, message: "--matching takes whole or filtered, not \(value)")
                }
                isFiltered = matching == .filtered
            case "--memory": memory = try Self.bytes(value, of: name)
            case "--scratch-limit": scratchLimit = try Self.bytes(value, of: name)
            default:
                throw Problem(exitCode: EX_USAGE, message: "unknown option \(name)")
            }
        }
    }

    /// At least 1 MiB: with less, no child can work.
    private static func bytes(_ text: String, of name: String) throws(Problem) -> UInt64 {
        guard let number = UInt64(text), (1 << 20...1 << 50).contains(number) else {
            throw Problem(
                exitCode: EX_USAGE, message: "\(name) takes a number of bytes, at least 1048576, not \(text)")
        }
        return number
    }
}
