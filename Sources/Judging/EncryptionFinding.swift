import Domain

extension Finding {
    /// The finding for encrypted content: a limit, or a note if the pipeline allows it.
    init(encrypted detail: String, limits: ScanLimits) {
        switch limits.encrypted {
        case .unscannable: self.init(.limit, "encrypted", detail: detail)
        case .allow: self.init(.note, "encrypted", detail: detail)
        }
    }
}
