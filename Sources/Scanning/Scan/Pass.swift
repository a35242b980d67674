import CClamAV
import Domain

/// One run of the engine over one file.
struct Pass {
    enum Kind {
        /// With all parsers.
        case parse
        /// Without parsers: only bytes are matched.
        case raw
        /// From the second byte on, with all parsers.
        case shifted
        /// A window of a file that is too large for the engine, with all parsers.
        case window
        /// A window, without parsers.
        case rawWindow
    }

    let kind: Kind
    let descriptor: CInt
    /// The bytes of the file that the pass covers.
    let range: Range<Int64>
    /// The file's level: 0 is the object.
    let level: Int
    let budget: ScanBudget
    /// Whether the engine's reader of mail works. It goes through a letter with all letters within it.
    var parsesMail = true
    /// Whether the engine looks at the structure of pictures, and warns of damage.
    var parsesPictures = true
    /// Whether the walk alone unpacks the file.
    var leavesArchive = false

    /// Whether the pass covers the object itself, with all parsers.
    var isObject: Bool { level == 0 && (kind == .parse || kind == .window) }
    /// Whether the pass only matches bytes that another pass counts.
    var isRaw: Bool { kind == .raw || kind == .rawWindow }
    /// Whether the pass counts its file. A file in windows is counted as a whole.
    var countsItsFile: Bool { kind == .parse }
    /// Whether the bytes may be a container: a window begins anywhere.
    var mayBeContainer: Bool { kind == .parse || kind == .shifted }

    /// The engine's options (`CL_SCAN_…`).
    var options: cl_scan_options {
        cl_scan_options(general: general, parse: parsers, heuristic: heuristics, mail: 0, dev: 0)
    }

    /// Reports every match, not only the first. `HEURISTIC_PRECEDENCE` is never set: it hides a signature's match
    /// behind "encrypted". `COLLECT_METADATA` is never set: it turns write errors into "clean".
    var general: UInt32 {
        UInt32(isRaw ? CL_SCAN_GENERAL_ALLMATCHES : CL_SCAN_GENERAL_ALLMATCHES | CL_SCAN_GENERAL_HEURISTICS)
    }

    /// All parsers, except for the fuzzy hashing of images: a PNG of 500 kB can make it allocate a gigabyte.
    var parsers: UInt32 {
        if isRaw { return 0 }
        var most: UInt32 = 0xFFF
        if !parsesMail { most &= ~UInt32(CL_SCAN_PARSE_MAIL) }
        if leavesArchive { most &= ~UInt32(CL_SCAN_PARSE_ARCHIVE) }
        if !parsesPictures { return most & ~UInt32(CL_SCAN_PARSE_IMAGE) }
        return most | (budget.limits.hashesImages ? UInt32(CL_SCAN_PARSE_IMAGE_FUZZY_HASH) : 0)
    }

    /// Every alert for something that was not inspected.
    var heuristics: UInt32 {
        if isRaw { return UInt32(CL_SCAN_HEURISTIC_EXCEEDS_MAX) }
        return UInt32(
            CL_SCAN_HEURISTIC_BROKEN | CL_SCAN_HEURISTIC_BROKEN_MEDIA | CL_SCAN_HEURISTIC_EXCEEDS_MAX
                | CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE | CL_SCAN_HEURISTIC_ENCRYPTED_DOC)
    }
}
