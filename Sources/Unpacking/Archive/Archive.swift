internal import CArchive
internal import Glibc

/// Reads a container member by member through libarchive.
///
/// An error never looks like the container's end: `next` returns nil only if libarchive reported that there is no
/// further member, and a member's bytes end only if libarchive reported their end and the declared size is reached.
@safe package struct Archive: ~Copyable {
    package let form: ContainerForm
    let handle: OpaquePointer
    let source: ContainerSource
    private var state: State
    /// Whether a member was skipped: libarchive reads nothing of a skipped stream.
    private(set) var wasSkipped = false
    /// What the current member declared, and how far it was read.
    var current: MemberProgress
    /// The end that the container's first header declares.
    let declaredEnd: Int64?
    /// The headers of a RAR archive, for what libarchive does not report.
    private(set) var rar: RarHeaders?
    /// Bytes of the current member that libarchive returned and `read(into:)` has not passed on yet.
    var pending: PendingBytes

    private enum State {
        case betweenMembers
        case inMember
        case ended
        /// Nothing more can be read. Each further call throws the same error.
        case broken(UnpackingError)
    }

    /// - Parameters:
    ///   - descriptor: read by `pread`, which leaves its offset alone. It must stay open as long as the archive lives.
    ///   - offset: where the container begins in the file.
    ///   - size: bytes of the container from there on.
    ///   - isLooseZip: whether the entries of a ZIP are read one behind the other, without a directory.
    /// - Throws: `.method` for an unsupported form, or what is wrong with the container's beginning.
    package init(
        descriptor: CInt, offset: Int64 = 0, size: Int64, form: ContainerForm, isLooseZip: Bool = false
    ) throws(UnpackingError) {
        let file = FileSlice(descriptor: descriptor, start: max(0, offset), size: max(0, size))
        let declaredEnd = try file.declaredEnd(of: form)
        // The directory is at the end.
        if form == .sevenZip, let declaredEnd, declaredEnd > file.size {
            throw UnpackingError(.truncated, "\(file.size) bytes of \(declaredEnd)")
        }
        // Some readers look for the directory of such a 7z themselves.
        if form == .sevenZip, try file.bytes(at: 20, count: 8).number(8, at: 0) == 0, try !file.isBlank(from: 32) {
            throw UnpackingError(.malformed, "a 7z with bytes and without a directory")
        }
        try DictionaryLimit.check(file, form: form)
        let rar = form == .rar || form == .rar5 ? try RarHeaders(file, form: form) : nil
        // An archive without entries is only an end record, which libarchive does not recognise.
        let isEmptyZip = form == .zip ? try ZipEndRecord.isWhole(file) : false
        let patches = form == .zip && !isLooseZip ? try ZipPatches(file) : ZipPatches()
        let source = ContainerSource(
            descriptor: descriptor, offset: file.start, size: isEmptyZip ? 0 : file.size, form: form, patches: patches)
        unsafe handle = try Self.open(source, form: form, isEmpty: isEmptyZip, isLooseZip: isLooseZip)
        self.rar = rar
        self.declaredEnd = declaredEnd
        self.source = source
        self.form = form
        (state, current, pending) = (.betweenMembers, MemberProgress(), PendingBytes())
    }

    private static func open(
        _ source: ContainerSource, form: ContainerForm, isEmpty: Bool, isLooseZip: Bool
    ) throws(UnpackingError) -> OpaquePointer {
        guard form.isSupported else { throw UnpackingError(.method, "\(form.displayName) is not supported") }
        guard let handle = unsafe archive_read_new() else { throw UnpackingError(.memory, "no memory for a reader") }
        var problem: UnpackingError?
        let isReady =
            unsafe isEmpty
            ? archive_read_support_format_empty(handle) == ARCHIVE_OK
            : isLooseZip
                ? archive_read_support_format_zip_streamable(handle) == ARCHIVE_OK : form.enable(handle)
        if !isReady {
            problem = UnpackingError(.method, "this libarchive has no reader for \(form.displayName)")
        } else {
            let code = source.watch.during { unsafe source.open(in: handle) }
            if code != ARCHIVE_OK {
                let zipEnd = form == .zip ? try? ZipEndRecord.find(in: source.slice, report: { _, _ in }) : nil
                let isMissingZipEnd = form == .zip && zipEnd == nil && source.readErrno == 0
                problem =
                    unsafe isMissingZipEnd
                    ? UnpackingError(.truncated, "no end record") : UnpackingError(handle, source)
            }
        }
        guard let problem else { return unsafe handle }
        unsafe _ = archive_read_free(handle)
        throw problem
    }

    deinit { source.watch.during { unsafe _ = archive_read_free(handle) } }

    /// Skips the rest of the current member and returns the next one, or nil at the container's true end.
    package mutating func next() throws(UnpackingError) -> Member? {
        if case .ended = state { return nil }
        try skip()
        source.resetReadPastEnd()
        var entry: OpaquePointer?
        var found: Member?
        let code = NameLocale.within {
            let code = source.watch.during { unsafe archive_read_next_header(handle, &entry) }
            found = unsafe entry.map { unsafe Member(entry: $0, of: form) }
            return code
        }
        if code == ARCHIVE_EOF {
            if form == .rar5 { _ = try rar?.nextFile() }
            try checkEnd()
            state = .ended
            return nil
        }
        guard let entry = unsafe entry, var member = found, code == ARCHIVE_OK || code == ARCHIVE_WARN && isNameWarning
        else { throw failed(libarchiveError(), isFatal: true) }
        let file = try rar?.nextFile()
        if file?.isEncrypted == true { member.isEncrypted = true }
        current = unsafe MemberProgress(member, isSparse: archive_entry_sparse_count(entry) > 0)
        current.expectedChecksum = file?.checksum
        if member.holdsData { source.watch.renew() }
        state = .inMember
        return member
    }

    /// Whether the current member of a ZIP is packed by Deflate64, which libarchive names and does not decode.
    var isDeflate64: Bool {
        guard form == .zip, let name = unsafe archive_format_name(handle) else { return false }
        return unsafe String(cString: name).hasSuffix("(deflation-64-bit)")
    }

    /// Skips the rest of the current member, if there is one.
    package mutating func skip() throws(UnpackingError) {
        switch state {
        case .broken(let error): throw error
        case .betweenMembers, .ended: return
        case .inMember:
            leaveMember()
            wasSkipped = true
            let code = source.watch.during { unsafe archive_read_data_skip(handle) }
            guard code == ARCHIVE_OK else { throw failed(libarchiveError(), isFatal: true) }
        }
    }

    var hasEnded: Bool {
        if case .ended = state { true } else { false }
    }

    /// Whether there is a current member.
    ///
    /// - Throws: the error after which nothing can be read any more.
    func isInMember() throws(UnpackingError) -> Bool {
        switch state {
        case .broken(let error): throw error
        case .betweenMembers, .ended: return false
        case .inMember: return true
        }
    }

    mutating func leaveMember() {
        state = .betweenMembers
        pending = PendingBytes()
        unsafe current.afterHole = nil
    }

    /// Returns `error`. If it is fatal, no further member can be read.
    mutating func failed(_ error: UnpackingError, isFatal: Bool) -> UnpackingError {
        if isFatal { state = .broken(error) }
        return error
    }

    /// Writes the current member's bytes to the start of a file. Holes of a sparse member become holes of the file, and
    /// count like zeros.
    ///
    /// - Returns: the member's size in bytes.
    /// - Throws: `.tooLarge` if the member has more than `limit` bytes; `.scratch` or `.scratchFull` if they cannot be
    ///   written.
    package mutating func unpack(into descriptor: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        var offset: Int64 = 0
        while let block = try nextBlock(limit: limit) {
            switch block {
            case .zeros(let count): offset += count
            case .bytes(let bytes):
                try unsafe write(bytes, to: descriptor, at: offset)
                offset += Int64(bytes.count)
            }
        }
        guard ftruncate(descriptor, off_t(offset)) == 0 else { throw scratchError() }
        return offset
    }

    /// Reads the current member to its end, with the checks that its form has, and returns its size in bytes.
    package mutating func measure(limit: Int64) throws(UnpackingError) -> Int64 {
        while try nextBlock(limit: limit) != nil {}
        return current.position
    }
}
