internal import CQPDF
internal import Glibc

/// A document that libqpdf has opened with the empty password. It finds objects by the cross-reference table, which
/// it can repair, and decrypts; it does not decode the streams that are asked for.
@safe final class QPDFDocument {
    /// A stream as its reader sees it: decrypted, not decoded.
    struct Stream {
        let dictionary: PDFDictionary
        let data: [UInt8]
    }

    private var handle: qpdf_data?
    /// The library reads these bytes as long as it is open.
    private let bytes: UnsafeMutableRawBufferPointer

    /// The entries of a stream's dictionary that `PDFTreatment` needs.
    private static let keys = [
        "Type", "Subtype", "Filter", "F", "DecodeParms", "DP", "Width", "Height", "Params", "N", "First",
    ]
    private static let maximumDepth = 4
    private static let maximumItems = 64

    /// - Parameter repairs: whether to look for objects if the cross-reference table or a stream's length is wrong.
    /// - Throws: `.encrypted` if it needs a password or another handler, `.malformed` if it cannot be read, `.memory`.
    init(_ file: FileSlice, repairs: Bool) throws(UnpackingError) {
        // One byte more, so that it is never empty.
        unsafe bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(file.size) + 1, alignment: 16)
        unsafe handle = qpdf_init()
        try copy(file)
        unsafe qpdf_silence_errors(handle)
        unsafe qpdf_set_suppress_warnings(handle, QPDF_TRUE)
        var logger = unsafe qpdflogger_create()
        unsafe qpdflogger_set_info(logger, qpdf_log_dest_discard, nil, nil)
        unsafe qpdflogger_set_warn(logger, qpdf_log_dest_discard, nil, nil)
        unsafe qpdflogger_set_error(logger, qpdf_log_dest_discard, nil, nil)
        unsafe qpdf_set_logger(handle, logger)
        unsafe qpdflogger_cleanup(&logger)
        unsafe qpdf_set_attempt_recovery(handle, repairs ? QPDF_TRUE : QPDF_FALSE)
        let start = unsafe bytes.baseAddress!.assumingMemoryBound(to: CChar.self)
        _ = unsafe qpdf_read_memory(handle, "", start, UInt64(file.size), "")
        if let error = takeError() { throw error }
    }

    deinit {
        var handle = unsafe handle
        unsafe qpdf_cleanup(&handle)
        unsafe bytes.deallocate()
    }

    private func copy(_ file: FileSlice) throws(UnpackingError) {
        var offset: Int64 = 0
        while offset < file.size {
            let block = try file.bytes(at: offset, count: 1 << 20)
            unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[Int(offset)...]).copyBytes(from: block)
            offset += Int64(block.count)
        }
    }

    /// Returns the error of the last call, or nil. Warnings are about repairs.
    private func takeError() -> UnpackingError? {
        guard unsafe qpdf_has_error(handle) != 0 else { return nil }
        let error = unsafe qpdf_get_error(handle)
        let text = unsafe qpdf_get_error_message_detail(handle, error).map { unsafe printable($0) } ?? ""
        let code: UnpackingError.Code =
            switch unsafe qpdf_get_error_code(handle, error) {
            case qpdf_e_password, qpdf_e_unsupported: .encrypted
            case qpdf_e_damaged_pdf, qpdf_e_pages, qpdf_e_object: .malformed
            default: text.hasSuffix("bad_alloc") ? .memory : .malformed
            }
        return UnpackingError(code, "libqpdf: \(text.isEmpty ? "an error" : text)")
    }

    /// Returns a stream, or nil if the object is none.
    ///
    /// - Throws: what the library says of it.
    func stream(_ object: CInt, _ generation: CInt) throws(UnpackingError) -> Stream? {
        defer { unsafe qpdf_oh_release_all(handle) }
        let stream = unsafe qpdf_get_object_by_id(handle, object, generation)
        guard unsafe qpdf_oh_is_stream(handle, stream) != 0 else { return nil }
        let dictionary = unsafe dictionary(qpdf_oh_get_dict(handle, stream), keys: Self.keys, depth: 0)
        var (data, count): (UnsafeMutablePointer<UInt8>?, Int) = (nil, 0)
        _ = unsafe qpdf_oh_get_stream_data(handle, stream, qpdf_dl_none, nil, &data, &count)
        defer { unsafe free(data) }
        if let error = takeError() { throw error }
        return unsafe Stream(dictionary: dictionary, data: Array(UnsafeBufferPointer(start: data, count: count)))
    }

    /// Returns an object that is no stream as text, with its strings decrypted, or nil.
    func text(_ object: CInt, _ generation: CInt) -> [UInt8]? {
        defer { unsafe qpdf_oh_release_all(handle) }
        let value = unsafe qpdf_get_object_by_id(handle, object, generation)
        guard unsafe qpdf_oh_is_stream(handle, value) == 0, unsafe qpdf_oh_is_null(handle, value) == 0,
            let text = unsafe qpdf_oh_unparse_resolved(handle, value), takeError() == nil
        else { return nil }
        let count = unsafe qpdf_get_last_string_length(handle)
        return unsafe Array(UnsafeRawBufferPointer(start: text, count: count))
    }

    private func dictionary(_ object: qpdf_oh, keys: [String], depth: Int) -> PDFDictionary {
        var entries: [(String, PDFValue)] = []
        for key in keys where unsafe qpdf_oh_has_key(handle, object, "/\(key)") != 0 {
            entries.append((key, value(unsafe qpdf_oh_get_key(handle, object, "/\(key)"), depth: depth + 1)))
        }
        return PDFDictionary(entries)
    }

    /// The value of an object, with its references followed as far as a stream's dictionary needs it.
    private func value(_ object: qpdf_oh, depth: Int) -> PDFValue {
        guard depth <= Self.maximumDepth else { return .other }
        switch unsafe qpdf_oh_get_type_code(handle, object) {
        case ot_name:
            let name = unsafe qpdf_oh_get_name(handle, object).map { unsafe String(cString: $0) } ?? ""
            return .name(String(name.drop { $0 == "/" }.prefix(200)))
        case ot_integer: return .number(unsafe qpdf_oh_get_int_value(handle, object))
        case ot_boolean: return .boolean(unsafe qpdf_oh_get_bool_value(handle, object) != 0)
        case ot_array:
            let count = unsafe min(Int(qpdf_oh_get_array_n_items(handle, object)), Self.maximumItems)
            return .array(
                (0..<max(0, count)).map { index in
                    value(unsafe qpdf_oh_get_array_item(handle, object, CInt(index)), depth: depth + 1)
                })
        case ot_dictionary:
            let keys = ["Predictor", "Colors", "BitsPerComponent", "Columns", "EarlyChange", "Name"]
            return .dictionary(dictionary(object, keys: keys, depth: depth))
        default: return .other
        }
    }
}
