import CClamAV
import Domain

/// One run of the engine over one file.
struct Pass {
    enum Kind {
        /// All parsers on.
        case parse
        /// No parsers: only bytes are matched.
        case raw
        /// From the second byte on, all parsers on.
        case shifted
        /// A stretch of a file that is too large for the engine, all parsers on.
        case window
        /// The same, no parsers.
        case rawWindow
    }

    let kind: Kind
    let descriptor: CInt
    /// What the pass goes over.
    let range: Range<Int64>
    /// The file's level: 0 is the object.
    let level: Int
    let allowance: Allowance

    /// Whether the pass goes over the object itself, with all that the engine has.
    var isObject: Bool { level == 0 && (kind == .parse || kind == .window) }
    /// Whether the pass only matches bytes that another pass counts.
    var isRaw: Bool { kind == .raw || kind == .rawWindow }
    /// Whether what the pass goes over counts as a file that was inspected.
    var countsItsFile: Bool { kind == .parse || kind == .window && range.lowerBound == 0 }
    /// Whether what the pass goes over may be a container: a window begins anywhere.
    var mayBeContainer: Bool { kind == .parse || kind == .shifted }

    /// What the engine is told to do.
    ///
    /// Every parser, every match and not only the first, and every alert that says that something was not seen.
    /// `HEURISTIC_PRECEDENCE` is never set: it hides a signature's match behind "encrypted". `COLLECT_METADATA` is never
    /// set: it turns write errors into "clean".
    var options: cl_scan_options {
        switch kind {
        case .raw, .rawWindow:
            cl_scan_options(
                general: UInt32(CL_SCAN_GENERAL_ALLMATCHES), parse: 0,
                heuristic: UInt32(CL_SCAN_HEURISTIC_EXCEEDS_MAX), mail: 0, dev: 0)
        case .parse, .shifted, .window:
            cl_scan_options(
                general: UInt32(CL_SCAN_GENERAL_ALLMATCHES | CL_SCAN_GENERAL_HEURISTICS),
                parse: Self.parsers | (allowance.limits.hashesImages ? UInt32(CL_SCAN_PARSE_IMAGE_FUZZY_HASH) : 0),
                heuristic: UInt32(
                    CL_SCAN_HEURISTIC_BROKEN | CL_SCAN_HEURISTIC_BROKEN_MEDIA | CL_SCAN_HEURISTIC_EXCEEDS_MAX
                        | CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE | CL_SCAN_HEURISTIC_ENCRYPTED_DOC),
                mail: 0, dev: 0)
        }
    }

    /// All but the fuzzy hashing of images: a PNG of 500 kB can make it take a gigabyte.
    private static let parsers: UInt32 = 0xFFF
}
