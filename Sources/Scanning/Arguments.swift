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

    init(_ words: some Sequence<String>) throws(Problem) {
        var words = words.makeIterator()
        while let name = words.next() {
            if name == "--help" {
                throw Problem(
                    exitCode: EX_OK, message: "usage: lazaret-scanner --signatures DIR --children N --scratch DIR")
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
            default:
                throw Problem(exitCode: EX_USAGE, message: "\(name) is not known")
            }
        }
    }
}
