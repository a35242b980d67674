internal import CArchive
internal import Glibc

/// Goes through a container member by member, by libarchive.
///
/// An error never looks like the container's end: `next` gives nil only where libarchive said that there is no further
/// member, and a member's bytes end only where libarchive said so and the size that was announced is reached.
@safe package struct Archive: ~Copyable {
    package let form: ContainerForm
    let handle: OpaquePointer
    let source: ContainerSource
    private var stage: Stage
    /// Whether a stream was passed over: libarchive then reads none of it.
    private(set) var wasSkipped = false
    /// What the current member announced, and how far it was read.
    var current: MemberProgress
    /// Where the container says in its first header that it ends.
    let claimedEnd: Int64?
    /// Of a RAR archive: what libarchive does not tell.
    private(set) var rar: RarHeaders?
    /// What `read(into:)` holds back of the current member.
    var pending: PendingBytes

    private enum Stage {
        /// No member is current: at the start, and behind a member's end.
        case between
        case inMember
        case ended
        /// Nothing more can be read; each further call says the same.
        case broken(UnpackingError)
    }

    /// - Parameters:
    ///   - descriptor: read by `pread`; its own offset stays as it is. It must stay open as long as the archive lives.
    ///   - offset: where the container begins in the file.
    ///   - size: bytes of the container from there on.
    /// - Throws: `.method` for a form that is not opened, else what is wrong with its beginning.
    package init(descriptor: CInt, offset: Int64 = 0, size: Int64, form: ContainerForm) throws(UnpackingError) {
        let file = FileStretch(descriptor: descriptor, start: max(0, offset), size: max(0, size))
        let claimedEnd = try file.claimedEnd(of: form)
        // What all else depends on stands at the end.
        if form == .sevenZip, let claimedEnd, claimedEnd > file.size {
            throw UnpackingError(.truncated, "\(file.size) bytes of \(claimedEnd)")
        }
        try DictionaryClaim.check(file, form: form)
        let rar = form == .rar || form == .rar5 ? try RarHeaders(file, form: form) : nil
        // An archive of no entries is nothing but an end record; libarchive does not know it.
        let isEmptyZip = form == .zip ? try ZipEnd.isAll(of: file) : false
        let source = ContainerSource(descriptor: descriptor, offset: file.start, size: isEmptyZip ? 0 : file.size)
        unsafe handle = try Self.open(source, form: form, isEmpty: isEmptyZip)
        self.rar = rar
        self.claimedEnd = claimedEnd
        self.source = source
        self.form = form
        (stage, current, pending) = (.between, MemberProgress(), PendingBytes())
    }

    private static func open(
        _ source: ContainerSource, form: ContainerForm, isEmpty: Bool
    ) throws(UnpackingError) -> OpaquePointer {
        guard form.isOpened else { throw UnpackingError(.method, "\(form.displayName) is opened by nothing here") }
        guard let handle = unsafe archive_read_new() else { throw UnpackingError(.memory, "no room for a reader") }
        var problem: UnpackingError?
        let isReady = unsafe isEmpty ? archive_read_support_format_empty(handle) == ARCHIVE_OK : form.ready(handle)
        if !isReady {
            problem = UnpackingError(.method, "libarchive here has no reader for \(form.displayName)")
        } else {
            let code = unsafe source.open(in: handle)
            if code != ARCHIVE_OK {
                let endOfZip = form == .zip ? try? ZipEnd.find(in: source.stretch, note: { _, _ in }) : nil
                let lacksEnd = form == .zip && endOfZip == nil && source.failure == 0
                problem =
                    unsafe lacksEnd
                    ? UnpackingError(.truncated, "no end record") : UnpackingError(handle, source)
            }
        }
        guard let problem else { return unsafe handle }
        unsafe _ = archive_read_free(handle)
        throw problem
    }

    deinit { unsafe _ = archive_read_free(handle) }

    /// The next member; nil only at the container's true end. What is left of the current member is passed over.
    package mutating func next() throws(UnpackingError) -> Member? {
        if case .ended = stage { return nil }
        try skip()
        source.forgetEnd()
        var entry: OpaquePointer?
        var told: Member?
        let code = NameLocale.within {
            let code = unsafe archive_read_next_header(handle, &entry)
            told = unsafe entry.map { unsafe Member(entry: $0, of: form) }
            return code
        }
        if code == ARCHIVE_EOF {
            if form == .rar5 { _ = try rar?.nextFile() }
            try checkEnd()
            stage = .ended
            return nil
        }
        guard let entry = unsafe entry, var member = told, code == ARCHIVE_OK || code == ARCHIVE_WARN && isHarmless
        else { throw damaged(failure(), isFatal: true) }
        let file = try rar?.nextFile()
        if file?.isEncrypted == true { member.isEncrypted = true }
        current = unsafe MemberProgress(member, isSparse: archive_entry_sparse_count(entry) > 0)
        current.expectedChecksum = file?.checksum
        stage = .inMember
        return member
    }

    /// Passes over what is left of the current member; does nothing where there is none.
    package mutating func skip() throws(UnpackingError) {
        switch stage {
        case .broken(let error): throw error
        case .between, .ended: return
        case .inMember:
            finishMember()
            wasSkipped = true
            let code = unsafe archive_read_data_skip(handle)
            guard code == ARCHIVE_OK else { throw damaged(failure(), isFatal: true) }
        }
    }

    var hasEnded: Bool {
        if case .ended = stage { true } else { false }
    }

    /// Whether a member is current; throws where nothing can be read any more.
    func isInMember() throws(UnpackingError) -> Bool {
        switch stage {
        case .broken(let error): throw error
        case .between, .ended: return false
        case .inMember: return true
        }
    }

    mutating func finishMember() {
        stage = .between
        pending = PendingBytes()
        unsafe current.behindHole = nil
    }

    /// Notes that the current member cannot be read on, or, where that is fatal, that the whole container cannot.
    mutating func damaged(_ error: UnpackingError, isFatal: Bool) -> UnpackingError {
        if isFatal { stage = .broken(error) }
        return error
    }

    /// Writes the current member's bytes into a file, from its start on. Holes of a sparse member become holes of the
    /// file, and count like the zeros that they are.
    ///
    /// - Returns: bytes of the member.
    /// - Throws: `.tooLarge` once more than `limit` bytes came, `.scratch` or `.scratchFull` where they cannot be written.
    package mutating func unpack(into descriptor: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        var place: Int64 = 0
        while let block = try nextBlock(limit: limit) {
            switch block {
            case .zeros(let count): place += count
            case .bytes(let bytes):
                try unsafe write(bytes, to: descriptor, at: place)
                place += Int64(bytes.count)
            }
        }
        guard ftruncate(descriptor, off_t(place)) == 0 else { throw scratchFailure() }
        return place
    }

    /// Reads the current member to its end and keeps nothing: its bytes, their integrity checked as far as the form does.
    package mutating func measure(limit: Int64) throws(UnpackingError) -> Int64 {
        while try nextBlock(limit: limit) != nil {}
        return current.position
    }
}
