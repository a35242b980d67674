internal import Glibc

/// The locale in which libarchive reads names.
///
/// libarchive converts names to the character set of the calling thread's locale. In the C locale it loses most
/// characters and calls iconv, which opens files. In a UTF-8 locale it does neither.
@safe enum NameLocale {
    /// Nil if the system has no such locale. Names are then read as far as the C locale allows.
    nonisolated(unsafe) private static let utf8: locale_t? = unsafe newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)

    /// Runs `body` with the locale set for the calling thread.
    static func within<Result, Failure>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        guard let utf8 = unsafe utf8 else { return try body() }
        let before = unsafe uselocale(utf8)
        defer { unsafe _ = uselocale(before) }
        return try body()
    }
}
