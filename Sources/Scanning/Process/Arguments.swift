import Glibc

/// What the worker says when it starts the scanner.
struct Arguments {
    struct Problem: Error {
        let exitCode: CInt
        let message: String
    }

    private(set) var signatures = "/var/lib/clamav"
    private(set) var children = 1
    /// The folder under which the children's scratch folders are made.
    private(set) var scratch = "/tmp"
    /// Bytes of memory that a child may take beyond what it shares with the first process. libclamav sets a whole file's
    /// length aside for each level of an archive, up to 2 GiB at a time: this is two such files in one another.
    private(set) var memory: UInt64 = 4 << 30
    /// Bytes that a child's scratch folder may hold. As much as `max-scan-size` lets the engine unpack unless a pipeline
    /// says otherwise: what is there is a part of what was unpacked, so an honest scan stays below.
    private(set) var scratchLimit: UInt64 = 4 << 30
    /// Whether a layer of the sandbox that is missing keeps the scanner from starting.
    private(set) var requiresSandbox = false

    init(_ words: some Sequence<String>) throws(Problem) {
        var words = words.makeIterator()
        while let name = words.next() {
            if name == "--help" {
                throw Problem(
                    exitCode: EX_OK,
                    message: "usage: lazaret-scanner --signatures DIR --children N --scratch DIR --memory BYTES "
                        + "--scratch-limit BYTES --require-sandbox")
            }
            if name == "--require-sandbox" {
                requiresSandbox = true
                continue
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
            case "--memory": memory = try Self.bytes(value, of: name)
            case "--scratch-limit": scratchLimit = try Self.bytes(value, of: name)
            default:
                throw Problem(exitCode: EX_USAGE, message: "\(name) is not known")
            }
        }
    }

    /// At least a megabyte: with less, no child can work.
    private static func bytes(_ text: String, of name: String) throws(Problem) -> UInt64 {
        guard let number = UInt64(text), (1 << 20...1 << 50).contains(number) else {
            throw Problem(
                exitCode: EX_USAGE, message: "\(name) takes a number of bytes from 1048576 on, not \(text)")
        }
        return number
    }
}
