import CClamAV

extension ScanRecord {
    /// Receives libclamav's log messages from now on, instead of standard error.
    static func listenToMessages() {
        unsafe cl_set_clcb_msg { severity, _, message, _ in
            guard severity.rawValue >= CL_MSG_WARN.rawValue, let message = unsafe message else { return }
            let text = unsafe String(cString: message).withoutTrailingSpace
            // TNEF is accounted for by a reader here, which takes what there is of a file that was cut.
            if !text.contains("cli_tnef:") { ScanRecord.current.note(warning: text) }
        }
    }

    static func install(in engine: OpaquePointer) {
        unsafe cl_engine_set_clcb_virus_found(engine) { _, name, _ in
            ScanRecord.current.note(alert: unsafe name.map { unsafe String(cString: $0) } ?? "")
        }
        unsafe cl_engine_set_clcb_pre_cache(engine) { descriptor, type, _ in
            let mayParse = ScanRecord.current.enter(
                descriptor, type: unsafe type.map { unsafe String(cString: $0) } ?? "")
            // CL_BREAK leaves the layer out. Earlier findings are already recorded.
            return mayParse && ScanRecord.current.wantsTopLayer ? CL_CLEAN : CL_BREAK
        }
        unsafe cl_engine_set_clcb_post_scan(engine) { descriptor, _, _, _ in
            ScanRecord.current.leave(descriptor)
            return CL_CLEAN
        }
    }
}

extension String {
    fileprivate var withoutTrailingSpace: String {
        var text = self[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
