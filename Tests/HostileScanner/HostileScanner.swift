import Scanning

/// The scanner with children that do what a hijacked one might do, where an object asks for it. For tests alone: the
/// shipped program knows nothing of it.
@main
enum HostileScanner {
    static func main() { ScannerProgram.run(overriding: nil) }
}
