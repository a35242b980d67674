import CClamAV
import Domain
import Glibc
import ScanProtocol
import Support
import Unpacking

extension Engine {
    /// What was inspected before a file.
    typealias Counts = (files: Int64, bytes: Int64)

    private static let maximumParts: Int64 = 10_000

    /// Scans one file, and what the engine misses in it.
    ///
    /// - Parameters:
    ///   - encoding: by which the file's user will decode it.
    ///   - type: returns the MIME type of a file of that size.
    borrowing func scan(
        _ descriptor: CInt, size: Int64, limits: ScanLimits, encoding: ContentEncoding? = nil,
        type: (CInt, Int64) -> String = { _, _ in "" }
    ) -> ScanFacts {
        let start = now()
        let budget = ScanBudget(limits, size: size)
        let record = ScanRecord.current
        record.begin(size: size, sizeLimit: budget.sizeLimit, scratch: scratchFolder)
        if size > EngineLimits.ceiling {
            if limits.overCeiling == .stream {
                inspectInParts(descriptor, size: size, level: 0, path: "", budget, type: type)
            } else {
                record.note(ScanGap(.notStreamable, "\(size) bytes, and the engine takes \(EngineLimits.ceiling)"))
            }
        } else if size >= EngineLimits.shortestFile {
            let engineType = inspect(descriptor, size: size, level: 0, budget)
            let object = WalkedLayer(
                bytes: FileSlice(descriptor: descriptor, start: 0, size: size), level: 0, path: "",
                engineType: engineType ?? "", mimeType: type(descriptor, size))
            walk(object, budget, type: type)
            extractMissed(budget, type: type)
            // The other encodings have magic numbers.
            if encoding == .brotli, !BrotliOpener(object.bytes).start(limit: 1).isEmpty {
                openContainer(Sighting(.brotli, 0..<size), in: object, budget, type: type)
            }
        }

        return record.end { facts in
            facts.sizeAfter = fileLength(of: descriptor) ?? 0
            facts.milliseconds = now() - start
            if size > EngineLimits.ceiling {
                facts.bytesRead = min(size, record.bytesRead)
            } else if size < EngineLimits.shortestFile {
                var buffer = [UInt8](repeating: 0, count: Int(EngineLimits.shortestFile))
                facts.bytesRead = Int64(
                    max(0, unsafe buffer.withUnsafeMutableBytes { unsafe readAt(descriptor, offset: 0, into: $0) }))
            } else if facts.isRootSeen, facts.warningCount == 0, facts.sizeAfter == size {
                facts.bytesRead = size
            } else {
                facts.bytesRead = min(size, record.bytesMatched)
            }
        }
    }

    /// Scans one file: a pass with all parsers, then further passes over what that one does not match. File types that
    /// libclamav does not match, such as some audio, can still contain a match or a ZIP.
    ///
    /// - Parameter level: 0 for the object itself.
    /// - Returns: the engine's name for the file's type, or nil if it did not scan the file.
    @discardableResult
    borrowing func inspect(_ descriptor: CInt, size: Int64, level: Int, _ budget: ScanBudget) -> String? {
        let record = ScanRecord.current
        let counted = (files: record.files, bytes: record.bytes)
        let type = run(
            .parse, descriptor, size, level: level, budget, after: counted, parsesPictures: !record.takeGuess())
        if type == nil, level > 0 {
            record.note(ScanGap(.missedMember, "the engine does not scan \(size) bytes that were unpacked for it"))
        }
        if type == ScanRecord.ignoredType {
            matchIgnored(descriptor, size, level: level, budget, after: counted)
        } else if record.takeRefused() {
            // Its plain bytes at least.
            _ = run(.raw, descriptor, size, level: level, budget, after: counted)
        }
        for layer in record.takeUnmatched() {
            if let size = fileLength(of: layer.descriptor) {
                // The pass that found these layers has counted them.
                matchIgnored(
                    layer.descriptor, size, level: layer.level, budget,
                    after: (max(0, record.files - 1), max(0, record.bytes - size)))
            } else {
                record.noteUnmatched()
            }
            close(layer.descriptor)
        }
        return type
    }

    /// Matches the bytes of a part.
    borrowing func match(_ descriptor: CInt, size: Int64, level: Int, _ budget: ScanBudget) -> String? {
        let record = ScanRecord.current
        let type = run(.raw, descriptor, size, level: level, budget, after: (record.files, record.bytes))
        if type == nil { record.note(ScanGap(.missedMember, "the engine does not match a part of \(size) bytes")) }
        record.noteFile(size: size, level: level)
        return type
    }

    /// Matches a file of a type that libclamav does not match: first its plain bytes, then everything from the second
    /// byte on with all parsers, since the first byte decides the type.
    private borrowing func matchIgnored(
        _ descriptor: CInt, _ size: Int64, level: Int, _ budget: ScanBudget, after counted: Counts
    ) {
        _ = run(.raw, descriptor, size, level: level, budget, after: counted)
        _ = run(.shifted, descriptor, size, level: level, budget, after: counted)
    }

    /// - Returns: the engine's name for the file's type, or nil if it did not scan the file.
    private borrowing func run(
        _ kind: Pass.Kind, _ descriptor: CInt, _ size: Int64, level: Int, _ budget: ScanBudget, after counted: Counts,
        parsesPictures: Bool = true
    ) -> String? {
        let range = kind == .shifted ? 1..<size : 0..<size
        var pass = Pass(
            kind: kind, descriptor: descriptor, range: range, level: level, budget: budget,
            parsesMail: ScanRecord.current.lettersAround == 0
                && !LetterSize.isBeyondEngine(FileSlice(descriptor: descriptor, start: 0, size: size)),
            parsesPictures: parsesPictures)
        if kind == .parse {
            pass.leavesArchive = LeftToWalk.isIn(FileSlice(descriptor: descriptor, start: 0, size: size))
        }
        return run(pass, kind == .shifted ? FileMapping(descriptor, range) : nil, after: counted)
    }

    /// - Parameter mapping: through which the engine reads the file. Nil makes it read the descriptor.
    borrowing func run(_ pass: Pass, _ mapping: FileMapping?, after counted: Counts) -> String? {
        let record = ScanRecord.current
        do throws(ScanBudget.Exhausted) {
            let remaining = try pass.budget.remaining(level: pass.level, files: counted.files, bytes: counted.bytes)
            guard setLimits(remaining, pass.budget) else {
                record.note(CL_EARG)
                return nil
            }
        } catch {
            record.note(error.gap("at level \(pass.level), after \(counted.files) files of \(counted.bytes) bytes"))
            return nil
        }
        let type = record.during(pass) {
            var options = pass.options
            var alert: UnsafePointer<CChar>?
            var blocks: UInt = 0
            let code: cl_error_t
            if let mapping {
                guard let map = unsafe Self.map(mapping) else { return record.note(CL_EMAP) }
                code = unsafe cl_scanmap_callback(map, nil, &alert, &blocks, handle, &options, nil)
                unsafe cl_fmap_close(map)
            } else {
                code = unsafe cl_scandesc_callback(pass.descriptor, nil, &alert, &blocks, handle, &options, nil)
            }
            if pass.isObject { record.noteMatched(bytes: Int64(blocks) * Int64(CL_COUNT_PRECISION)) }
            record.note(code, alert: unsafe code == CL_VIRUS ? alert.map { unsafe String(cString: $0) } : nil)
        }
        if record.files > pass.budget.files {
            record.note(ScanGap(.tooManyFiles, "\(record.files) files in the engine's pass", path: record.path))
        }
        return type
    }

    /// Opens a libclamav map of a file's range. An offset of libclamav's own would have to be a whole page. The mapping
    /// must outlive the map.
    private static func map(_ mapping: FileMapping) -> OpaquePointer? {
        let source = unsafe Unmanaged.passUnretained(mapping).toOpaque()
        return unsafe cl_fmap_open_handle(
            source, 0, mapping.range.count,
            { source, buffer, count, offset in
                guard let source = unsafe source, let buffer = unsafe buffer else { return -1 }
                let mapping = unsafe Unmanaged<FileMapping>.fromOpaque(source).takeUnretainedValue()
                return unsafe off_t(
                    mapping.read(at: Int64(offset), into: UnsafeMutableRawBufferPointer(start: buffer, count: count)))
            }, 1)
    }

    private borrowing func setLimits(_ remaining: ScanBudget.Remaining, _ budget: ScanBudget) -> Bool {
        let numbers: [(cl_engine_field, Int64)] = [
            (CL_ENGINE_MAX_SCANTIME, max(1, budget.wallMillisecondsLeft)),
            (CL_ENGINE_MAX_SCANSIZE, remaining.bytes),
            (CL_ENGINE_MAX_FILESIZE, budget.sizeLimit),
            // It counts a text twice: as it is, and normalised. `run` compares the files themselves.
            (CL_ENGINE_MAX_FILES, min(2 * remaining.files, Int64(UInt32.max))),
            (CL_ENGINE_MAX_RECURSION, remaining.levels),
            // Each of these silently excludes larger files from a pass or a parser: normalised pages and scripts,
            // programs in other files, a ZIP's specific type, regular expressions.
            (CL_ENGINE_MAX_HTMLNORMALIZE, budget.sizeLimit),
            (CL_ENGINE_MAX_HTMLNOTAGS, budget.sizeLimit),
            (CL_ENGINE_MAX_SCRIPTNORMALIZE, budget.sizeLimit),
            (CL_ENGINE_MAX_EMBEDDEDPE, budget.sizeLimit),
            (CL_ENGINE_MAX_ZIPTYPERCG, budget.sizeLimit),
            (CL_ENGINE_PCRE_MAX_FILESIZE, budget.sizeLimit),
            // These silently exclude further partitions of a disk image and further icons of a program.
            (CL_ENGINE_MAX_PARTITIONS, Self.maximumParts),
            (CL_ENGINE_MAX_ICONSPE, Self.maximumParts),
        ]
        for (field, number) in numbers where unsafe cl_engine_set_num(handle, field, number) != CL_SUCCESS {
            return false
        }
        return true
    }
}
