import CClamAV
import Domain
import Glibc
import ScanProtocol
import Support

extension Engine {
    private static let mostParts: Int64 = 10_000

    /// Everything the engine says of one file, and of what it missed in it.
    ///
    /// - Parameter type: finds the MIME type of a file of so many bytes; asked only for those beyond the engine's ceiling.
    borrowing func scan(
        _ descriptor: CInt, size: Int64, limits: ScanLimits, type: (CInt, Int64) -> String = { _, _ in "" }
    ) -> ScanFacts {
        let start = now()
        let allowance = ScanBudget(limits, start: start)
        let record = ScanRecord.current
        record.begin(size: size, sizeLimit: allowance.sizeLimit)
        if size > EngineLimits.ceiling {
            if limits.overCeiling == .stream {
                inspectInParts(descriptor, size: size, level: 0, allowance, type: type)
            } else {
                record.note(ScanGap(.notStreamable, "\(size) bytes, and the engine takes \(EngineLimits.ceiling)"))
            }
        } else if size >= EngineLimits.shortestFile {
            inspect(descriptor, size: size, level: 0, allowance)
            recover(allowance, type: type)
        }

        return record.end { facts in
            facts.sizeAfter = fileLength(of: descriptor) ?? 0
            facts.milliseconds = now() - start
            if size > EngineLimits.ceiling {
                facts.bytesRead = min(size, record.bytesRead)
            } else if size < EngineLimits.shortestFile {
                var room = [UInt8](repeating: 0, count: Int(EngineLimits.shortestFile))
                facts.bytesRead = Int64(
                    max(0, unsafe room.withUnsafeMutableBytes { unsafe readAt(descriptor, offset: 0, into: $0) }))
            } else if facts.isRootSeen, facts.warningCount == 0, facts.sizeAfter == size {
                facts.bytesRead = size
            } else {
                facts.bytesRead = min(size, record.bytesMatched)
            }
        }
    }

    /// Has the engine go over one file: a pass with all parsers on; further ones over what that pass leaves unmatched (file
    /// types that libclamav passes over, such as some audio, can hold a match or a ZIP all the same).
    ///
    /// - Parameter level: 0 for the object itself.
    borrowing func inspect(_ descriptor: CInt, size: Int64, level: Int, _ allowance: ScanBudget) {
        let record = ScanRecord.current
        let counted = (files: record.files, bytes: record.bytes)
        let type = run(.parse, descriptor, size, level: level, allowance, after: counted)
        if type == nil, level > 0 {
            record.note(ScanGap(.missedMember, "the engine does not take up \(size) bytes that were unpacked for it"))
        }
        if type == ScanRecord.ignoredType {
            matchIgnored(descriptor, size, level: level, allowance, after: counted)
        }
        for layer in record.takeUnmatched() {
            if let size = fileLength(of: layer.descriptor) {
                // These layers were counted when the engine met them.
                matchIgnored(
                    layer.descriptor, size, level: layer.level, allowance,
                    after: (max(0, record.files - 1), max(0, record.bytes - size)))
            } else {
                record.noteUnmatched()
            }
            close(layer.descriptor)
        }
    }

    /// Matches a file of a type that libclamav passes over: its bytes as they are, and then what begins at its second
    /// byte with all parsers on, since the first one makes the type.
    private borrowing func matchIgnored(
        _ descriptor: CInt, _ size: Int64, level: Int, _ allowance: ScanBudget,
        after counted: (files: Int64, bytes: Int64)
    ) {
        _ = run(.raw, descriptor, size, level: level, allowance, after: counted)
        _ = run(.shifted, descriptor, size, level: level, allowance, after: counted)
    }

    /// - Parameter counted: what was inspected before this file.
    /// - Returns: the engine's name for the file's type; nil where it did not take the file up.
    private borrowing func run(
        _ kind: Pass.Kind, _ descriptor: CInt, _ size: Int64, level: Int, _ allowance: ScanBudget,
        after counted: (files: Int64, bytes: Int64)
    ) -> String? {
        let range = kind == .shifted ? 1..<size : 0..<size
        let pass = Pass(kind: kind, descriptor: descriptor, range: range, level: level, allowance: allowance)
        return run(pass, kind == .shifted ? Mapping(descriptor, range) : nil, after: counted)
    }

    /// - Parameter mapping: what the engine reads the file by; nil has it read by the descriptor.
    borrowing func run(
        _ pass: Pass, _ mapping: Mapping?, after counted: (files: Int64, bytes: Int64)
    ) -> String? {
        let record = ScanRecord.current
        do throws(ScanBudget.Spent) {
            let rest = try pass.allowance.rest(level: pass.level, files: counted.files, bytes: counted.bytes)
            guard set(rest, pass.allowance) else {
                record.note(CL_EARG)
                return nil
            }
        } catch {
            record.note(error.gap("at level \(pass.level), after \(counted.files) files of \(counted.bytes) bytes"))
            return nil
        }
        return record.during(pass) {
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
    }

    /// A map of a stretch of a file: libclamav's own offset would have to be a whole page. The mapping is to live on until
    /// the map is closed.
    private static func map(_ mapping: Mapping) -> OpaquePointer? {
        let source = unsafe Unmanaged.passUnretained(mapping).toOpaque()
        return unsafe cl_fmap_open_handle(
            source, 0, mapping.range.count,
            { source, room, count, offset in
                guard let source = unsafe source, let room = unsafe room else { return -1 }
                let mapping = unsafe Unmanaged<Mapping>.fromOpaque(source).takeUnretainedValue()
                return unsafe off_t(
                    mapping.read(at: Int64(offset), into: UnsafeMutableRawBufferPointer(start: room, count: count)))
            }, 1)
    }

    private borrowing func set(_ rest: ScanBudget.Rest, _ allowance: ScanBudget) -> Bool {
        let numbers: [(cl_engine_field, Int64)] = [
            (CL_ENGINE_MAX_SCANTIME, max(1, allowance.milliseconds)),
            (CL_ENGINE_MAX_SCANSIZE, rest.bytes),
            (CL_ENGINE_MAX_FILESIZE, allowance.sizeLimit),
            (CL_ENGINE_MAX_FILES, rest.files),
            (CL_ENGINE_MAX_RECURSION, rest.levels),
            // What is larger than one of these is left out of a pass or of a parser, and nothing says so: pages and scripts
            // in their normal form, programs in other files, a ZIP's closer type, regular expressions.
            (CL_ENGINE_MAX_HTMLNORMALIZE, allowance.sizeLimit),
            (CL_ENGINE_MAX_HTMLNOTAGS, allowance.sizeLimit),
            (CL_ENGINE_MAX_SCRIPTNORMALIZE, allowance.sizeLimit),
            (CL_ENGINE_MAX_EMBEDDEDPE, allowance.sizeLimit),
            (CL_ENGINE_MAX_ZIPTYPERCG, allowance.sizeLimit),
            (CL_ENGINE_PCRE_MAX_FILESIZE, allowance.sizeLimit),
            // So are the parts of a disk image and a program's icons beyond these numbers.
            (CL_ENGINE_MAX_PARTITIONS, Self.mostParts),
            (CL_ENGINE_MAX_ICONSPE, Self.mostParts),
        ]
        for (field, number) in numbers where unsafe cl_engine_set_num(handle, field, number) != CL_SUCCESS {
            return false
        }
        return true
    }
}
