import CClamAV
import Domain
import Glibc
import ScanProtocol

extension Engine {
    /// Of files this short, libclamav answers without a look: no signature is as short. That they were read is all there is.
    static let shortestFile: Int64 = 6

    /// Everything the engine says of one file, and of what it missed in it.
    borrowing func scan(_ descriptor: CInt, size: Int64, limits: ScanLimits) -> ScanFacts {
        let start = now()
        let allowance = Allowance(limits, start: start)
        let record = ScanRecord.current
        record.begin(size: size, sizeLimit: allowance.sizeLimit)
        if size >= Self.shortestFile { inspect(descriptor, size: size, level: 0, allowance) }

        return record.end { facts in
            facts.sizeAfter = fileLength(of: descriptor) ?? 0
            facts.milliseconds = now() - start
            if size < Self.shortestFile {
                var room = [UInt8](repeating: 0, count: Int(Self.shortestFile))
                facts.bytesRead = Int64(
                    max(0, unsafe room.withUnsafeMutableBytes { unsafe readAll(descriptor, into: $0) }))
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
    borrowing func inspect(_ descriptor: CInt, size: Int64, level: Int, _ allowance: Allowance) {
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
        _ descriptor: CInt, _ size: Int64, level: Int, _ allowance: Allowance,
        after counted: (files: Int64, bytes: Int64)
    ) {
        _ = run(.raw, descriptor, size, level: level, allowance, after: counted)
        _ = run(.shifted, descriptor, size, level: level, allowance, after: counted)
    }

    /// - Parameter counted: what was inspected before this file.
    /// - Returns: the engine's name for the file's type; nil where it did not take the file up.
    private borrowing func run(
        _ kind: Pass.Kind, _ descriptor: CInt, _ size: Int64, level: Int, _ allowance: Allowance,
        after counted: (files: Int64, bytes: Int64)
    ) -> String? {
        let record = ScanRecord.current
        let pass = Pass(
            kind: kind, descriptor: descriptor, size: kind == .shifted ? size - 1 : size, level: level,
            hashesImages: allowance.limits.hashesImages)
        do throws(Allowance.Spent) {
            let rest = try allowance.rest(level: level, files: counted.files, bytes: counted.bytes)
            guard set(rest, allowance) else {
                record.note(CL_EARG)
                return nil
            }
        } catch {
            record.note(error.gap("at level \(level), after \(counted.files) files of \(counted.bytes) bytes"))
            return nil
        }
        return record.during(pass) {
            var options = pass.options
            var alert: UnsafePointer<CChar>?
            var blocks: UInt = 0
            let code: cl_error_t
            if kind == .shifted {
                guard let map = unsafe Self.map(pass) else { return record.note(CL_EMAP) }
                code = unsafe cl_scanmap_callback(map, nil, &alert, &blocks, handle, &options, nil)
                unsafe cl_fmap_close(map)
            } else {
                code = unsafe cl_scandesc_callback(descriptor, nil, &alert, &blocks, handle, &options, nil)
            }
            if pass.isObject { record.noteMatched(bytes: Int64(blocks) * Int64(CL_COUNT_PRECISION)) }
            record.note(code, alert: unsafe code == CL_VIRUS ? alert.map { unsafe String(cString: $0) } : nil)
        }
    }

    /// A map of a file from its second byte on: libclamav's own offset would have to be a whole page.
    private static func map(_ pass: Pass) -> OpaquePointer? {
        let source = unsafe UnsafeMutableRawPointer(bitPattern: Int(pass.descriptor))
        return unsafe cl_fmap_open_handle(
            source, 0, Int(pass.size),
            { source, room, count, offset in unsafe pread(CInt(Int(bitPattern: source)), room, count, offset + 1) }, 1)
    }

    private borrowing func set(_ rest: Allowance.Rest, _ allowance: Allowance) -> Bool {
        let numbers: [(cl_engine_field, Int64)] = [
            (CL_ENGINE_MAX_SCANTIME, max(1, allowance.milliseconds)),
            (CL_ENGINE_MAX_SCANSIZE, rest.bytes),
            (CL_ENGINE_MAX_FILESIZE, allowance.sizeLimit),
            (CL_ENGINE_MAX_FILES, rest.files),
            (CL_ENGINE_MAX_RECURSION, rest.levels),
            // A page beyond these is not looked at, and nothing says so.
            (CL_ENGINE_MAX_HTMLNORMALIZE, allowance.sizeLimit),
            (CL_ENGINE_MAX_HTMLNOTAGS, allowance.sizeLimit),
        ]
        for (field, number) in numbers where unsafe cl_engine_set_num(handle, field, number) != CL_SUCCESS {
            return false
        }
        return true
    }
}
