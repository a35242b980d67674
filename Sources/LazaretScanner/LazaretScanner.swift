import Scanning

/// The shipped program: the scanner as it is, with nothing put in its way.
@main
enum LazaretScanner {
    static func main() { ScannerProgram.run() }
}
