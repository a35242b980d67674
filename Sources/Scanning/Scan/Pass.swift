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
    let allowance: ScanBudget

    /// Whether the pass goes over the object itself, with all that the engine has.
    var isObject: Bool { level == 0 && (kind == .parse || kind == .window) }
    /// Whether the pass only matches bytes that another pass counts.
    var isRaw: Bool { kind == .raw || kind == .rawWindow }
    /// Whether the pass's file is to be counted; that of windows has been.
    var countsItsFile: Bool { kind == .parse }
    /// Whether what the pass goes over may be a container: a window begins anywhere.
    var mayBeContainer: Bool { kind == .parse || kind == .shifted }

    /// What the engine is told to do (`CL_SCAN_…`).
    var options: cl_scan_options {
        cl_scan_options(general: general, parse: parsers, heuristic: heuristics, mail: 0, dev: 0)
    }

    /// Every match and not only the first. `HEURISTIC_PRECEDENCE` is never set: it hides a signature's match behind
    /// "encrypted". `COLLECT_METADATA` is never set: it turns write errors into "clean".
    var general: UInt32 {
        UInt32(isRaw ? CL_SCAN_GENERAL_ALLMATCHES : CL_SCAN_GENERAL_ALLMATCHES | CL_SCAN_GENERAL_HEURISTICS)
    }

    /// All, but for the fuzzy hashing of images: a PNG of 500 kB can make it take a gigabyte.
    var parsers: UInt32 {
        if isRaw { return 0 }
        return 0xFFF | (allowance.limits.hashesImages ? UInt32(CL_SCAN_PARSE_IMAGE_FUZZY_HASH) : 0)
    }

    /// Every alert that says that something was not seen.
    var heuristics: UInt32 {
        if isRaw { return UInt32(CL_SCAN_HEURISTIC_EXCEEDS_MAX) }
        return UInt32(
            CL_SCAN_HEURISTIC_BROKEN | CL_SCAN_HEURISTIC_BROKEN_MEDIA | CL_SCAN_HEURISTIC_EXCEEDS_MAX
                | CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE | CL_SCAN_HEURISTIC_ENCRYPTED_DOC)
    }
}
