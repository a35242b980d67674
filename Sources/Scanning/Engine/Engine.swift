import CClamAV
import Glibc
import ScanProtocol

/// libclamav with its signatures, loaded and compiled once by the first process.
@safe struct Engine: ~Copyable {
    let facts: EngineFacts
    let handle: OpaquePointer
    /// The options that libclamav's manual recommends (`CL_DB_STDOPT`).
    private static let loadOptions = UInt32(CL_DB_PHISHING | CL_DB_PHISHING_URLS | CL_DB_BYTECODE)

    /// - Parameters:
    ///   - signatures: the signature folder. All databases in it are loaded.
    ///   - scratch: the folder in which signed databases are unpacked while they load.
    ///   - canary: the self-test whose signature is loaded as well.
    ///   - selection: of a folder's signatures. Nil loads all.
    init(
        signatures: String, scratch: String, canary: Canary, selection: SignatureSelection? = nil
    ) throws(StartFailure) {
        let files = try SignatureFolder.files(in: signatures)
        LoadMessages.listen()
        guard cl_init(UInt32(CL_INIT_DEFAULT)) == CL_SUCCESS, let handle = unsafe cl_engine_new() else {
            throw StartFailure(reason: "libclamav cannot be set up: \(LoadMessages.current.lines.last ?? "")")
        }
        let isMain = selection?.part != .patterns
        let rules =
            try isMain
            ? YaraRules.count(in: files.filter(SignatureFile.isYARA), of: signatures, options: Self.loadOptions) : [:]
        // With a cache by MD5, one file of a collision pair would vouch for the other.
        let options: [(cl_engine_field, Int64)] = [(CL_ENGINE_DISABLE_CACHE, 1), (CL_ENGINE_MAX_RECURSION, 17)]
        for (field, value) in options where unsafe cl_engine_set_num(handle, field, value) != CL_SUCCESS {
            throw StartFailure(reason: "libclamav refuses option \(field.rawValue)")
        }
        guard unsafe cl_engine_set_str(handle, CL_ENGINE_TMPDIR, scratch) == CL_SUCCESS else {
            throw StartFailure(reason: "libclamav refuses the scratch folder \(scratch)")
        }
        if selection?.part == .base { try unsafe Self.matchWholeBuffers(handle, scratch: scratch) }
        try unsafe Self.load(rows: BufferOverlap.rows(), as: "lazaret.ndb", into: handle, scratch: scratch)
        try unsafe Self.load(canary, isMain ? .main : .patterns, into: handle, scratch: scratch)

        LoadMessages.current.clear()
        var count: UInt32 = 0
        unsafe selection?.install(in: handle)
        let loaded = unsafe cl_load(signatures, handle, &count, Self.loadOptions)
        unsafe cl_engine_set_clcb_sigload(handle, nil, nil)
        guard loaded == CL_SUCCESS else {
            // The last message names the file.
            let reason = LoadMessages.current.lines.last.map { ", \($0)" } ?? ""
            throw StartFailure(
                reason: "signatures in \(signatures) cannot be loaded: \(name(of: loaded))\(reason)"
                    + "; replace that file, or run freshclam")
        }
        let all = Int64(count) + (selection?.filtered ?? 0)
        guard all > 0 else {
            throw StartFailure(
                reason: "the files in \(signatures) hold no signature: run freshclam, or name another folder")
        }
        try unsafe Self.matchRawHTML(handle, scratch: scratch)
        guard unsafe cl_engine_compile(handle) == CL_SUCCESS else {
            throw StartFailure(
                reason: "the signatures in \(signatures) cannot be compiled: \(LoadMessages.current.lines.last ?? "")")
        }
        ScanRecord.listenToMessages()
        unsafe ScanRecord.install(in: handle)
        unsafe self.handle = handle
        facts = EngineFacts(
            engine: unsafe "ClamAV \(String(cString: cl_retver()))", signatures: all,
            databases: isMain ? SignatureFolder.describe(files, in: signatures, rules: rules) : [])
    }

    deinit { unsafe _ = cl_engine_free(handle) }

    /// Sets the folder in which the engine unpacks. Returns false if libclamav refuses it.
    borrowing func use(scratch: String) -> Bool {
        unsafe cl_engine_set_str(handle, CL_ENGINE_TMPDIR, scratch) == CL_SUCCESS
    }

    /// By default, libclamav matches an HTML page only in its normalised form. This row of its configuration language
    /// clears the bit `DOC_CONF_HTML_SKIPRAW` (0x10), also for pages in archives.
    private static func matchRawHTML(_ handle: OpaquePointer, scratch: String) throws(StartFailure) {
        try unsafe load(rows: "DOCUMENT:0xffef:0:999\n", as: "lazaret.cfg", into: handle, scratch: scratch)
    }

    /// By default, libclamav skips the part of a buffer that its own signatures cannot match in. The filter has to see
    /// all of it, for the signatures of the other engine. The row clears the bit `OTHER_CONF_PREFILTERING` (0x80), and
    /// must be loaded before any signature.
    private static func matchWholeBuffers(_ handle: OpaquePointer, scratch: String) throws(StartFailure) {
        try unsafe load(rows: "OTHER:0xff7f:0:999\n", as: "lazaret.cfg", into: handle, scratch: scratch)
    }

    /// Loads rows. The file's extension decides its format.
    static func load(
        rows: String, as file: String, into handle: OpaquePointer, scratch: String
    ) throws(StartFailure) {
        let path = "\(scratch)/\(file)"
        let rows = Array(rows.utf8)
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { unsafe _ = unlink(path) }
        let written = descriptor >= 0 ? unsafe write(descriptor, rows, rows.count) : -1
        // What was written in part did not fit, and has no error number.
        let reason = unsafe String(cString: strerror(written > 0 ? ENOSPC : errno))
        if descriptor >= 0 { close(descriptor) }
        guard written == rows.count else {
            throw StartFailure(
                reason:
                    "the scratch folder \(scratch) cannot be written to (\(reason)): give one on a disk with free space"
            )
        }
        var count: UInt32 = 0
        guard unsafe cl_load(path, handle, &count, loadOptions) == CL_SUCCESS else {
            throw StartFailure(reason: "libclamav cannot be configured: \(LoadMessages.current.lines.last ?? "")")
        }
    }
}

/// Returns, for instance, `Malformed database (4)`.
func name(of code: cl_error_t) -> String { unsafe "\(String(cString: cl_strerror(code))) (\(code.rawValue))" }
