import CClamAV
import Domain
import Glibc
import ScanProtocol

extension Engine {
    /// libclamav takes no larger file, and silently sets a larger limit to this one.
    static let largestFile: Int64 = 2_147_483_645
    /// Of files this short, libclamav answers without a look: no signature is as short. That they were read is all there is.
    private static let shortestFile = 6
    /// Beyond this, libclamav's own recursion might outgrow the stack.
    private static let deepestRecursion: Int64 = 100

    /// Everything the engine says of one file.
    ///
    /// One pass with all parsers on; further ones over what that pass leaves unmatched (file types that libclamav passes
    /// over, such as some audio, can hold a match or a ZIP all the same). All share one time limit.
    borrowing func scan(_ descriptor: CInt, size: Int64, limits: ScanLimits) -> ScanFacts {
        let start = now()
        let record = ScanRecord.current
        let sizeLimit = min(max(limits.maxScanSize, 1), Self.largestFile)
        record.begin(descriptor, size: size, sizeLimit: sizeLimit)

        var scannedBlocks: UInt = 0
        if size >= Self.shortestFile {
            let deadline = start + max(1, limits.timeout.wholeMilliseconds)
            guard set(limits, sizeLimit: sizeLimit) else {
                return record.end { $0.code = Int32(CL_EARG.rawValue) }
            }
            run(.parse, descriptor, deadline: deadline, &scannedBlocks)
            if record.facts.rootType == ScanRecord.ignoredType { matchIgnored(descriptor, size, deadline: deadline) }
            for layer in record.unmatched {
                if let size = fileLength(of: layer) {
                    matchIgnored(layer, size, deadline: deadline)
                } else {
                    record.noteUnmatched()
                }
            }
        }

        return record.end { facts in
            facts.sizeAfter = fileLength(of: descriptor) ?? 0
            facts.milliseconds = now() - start
            if size < Self.shortestFile {
                var room = [UInt8](repeating: 0, count: Self.shortestFile)
                facts.bytesRead = Int64(
                    max(0, unsafe room.withUnsafeMutableBytes { unsafe readAll(descriptor, into: $0) }))
            } else if facts.isRootSeen, facts.warningCount == 0, facts.sizeAfter == size {
                facts.bytesRead = size
            } else {
                facts.bytesRead = min(size, Int64(scannedBlocks) * Int64(CL_COUNT_PRECISION))
            }
        }
    }

    /// Matches a file of a type that libclamav passes over: its bytes as they are, and then what begins at its second
    /// byte with all parsers on, since the first one makes the type.
    private borrowing func matchIgnored(_ descriptor: CInt, _ size: Int64, deadline: Int64) {
        var blocks: UInt = 0
        run(.raw, descriptor, deadline: deadline, &blocks)
        run(.shifted, descriptor, deadline: deadline, &blocks, size: size)
    }

    private borrowing func run(
        _ pass: ScanRecord.Pass, _ descriptor: CInt, deadline: Int64, _ blocks: inout UInt, size: Int64 = 0
    ) {
        let record = ScanRecord.current
        let rest = deadline - now()
        guard rest > 0, unsafe cl_engine_set_num(handle, CL_ENGINE_MAX_SCANTIME, rest) == CL_SUCCESS else {
            return record.note(code: CL_ETIMEOUT, alert: nil)
        }
        record.pass = pass
        var alert: UnsafePointer<CChar>?
        var options = pass == .raw ? Self.rawOptions : Self.options
        let code: cl_error_t
        switch pass {
        case .none, .parse, .raw:
            code = unsafe cl_scandesc_callback(descriptor, nil, &alert, &blocks, handle, &options, nil)
        case .shifted:
            // A map from the second byte on: libclamav's own offset would have to be a whole page.
            let source = unsafe UnsafeMutableRawPointer(bitPattern: Int(descriptor))
            let map = unsafe cl_fmap_open_handle(
                source, 0, Int(size - 1),
                { source, room, count, offset in
                    unsafe pread(CInt(Int(bitPattern: source)), room, count, offset + 1)
                }, 1)
            guard let map = unsafe map else { return record.note(code: CL_EMAP, alert: nil) }
            code = unsafe cl_scanmap_callback(map, nil, &alert, &blocks, handle, &options, nil)
            unsafe cl_fmap_close(map)
        }
        record.note(code: code, alert: unsafe code == CL_VIRUS ? alert.map { unsafe String(cString: $0) } : nil)
    }

    private borrowing func set(_ limits: ScanLimits, sizeLimit: Int64) -> Bool {
        let numbers: [(cl_engine_field, Int64)] = [
            (CL_ENGINE_MAX_SCANSIZE, max(1, limits.maxScanSize)),
            (CL_ENGINE_MAX_FILESIZE, sizeLimit),
            (CL_ENGINE_MAX_FILES, min(max(1, Int64(limits.maxFiles)), Int64(UInt32.max))),
            (CL_ENGINE_MAX_RECURSION, min(max(1, Int64(limits.maxRecursion)), Self.deepestRecursion)),
            // A page beyond these is not looked at, and nothing says so.
            (CL_ENGINE_MAX_HTMLNORMALIZE, sizeLimit),
            (CL_ENGINE_MAX_HTMLNOTAGS, sizeLimit),
        ]
        for (field, number) in numbers where unsafe cl_engine_set_num(handle, field, number) != CL_SUCCESS {
            return false
        }
        return true
    }

    /// Every parser but image fuzzy hashing (a PNG of 500 kB can make it take a gigabyte), every match and not only the
    /// first, and every alert that says that something was not seen. `HEURISTIC_PRECEDENCE` is never set: it hides a
    /// signature's match behind "encrypted". `COLLECT_METADATA` is never set: it turns write errors into "clean".
    private static var options: cl_scan_options {
        cl_scan_options(
            general: UInt32(CL_SCAN_GENERAL_ALLMATCHES | CL_SCAN_GENERAL_HEURISTICS),
            parse: 0xFFF,
            heuristic: UInt32(
                CL_SCAN_HEURISTIC_BROKEN | CL_SCAN_HEURISTIC_BROKEN_MEDIA | CL_SCAN_HEURISTIC_EXCEEDS_MAX
                    | CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE | CL_SCAN_HEURISTIC_ENCRYPTED_DOC),
            mail: 0, dev: 0)
    }

    private static var rawOptions: cl_scan_options {
        cl_scan_options(
            general: UInt32(CL_SCAN_GENERAL_ALLMATCHES), parse: 0, heuristic: UInt32(CL_SCAN_HEURISTIC_EXCEEDS_MAX),
            mail: 0, dev: 0)
    }
}
