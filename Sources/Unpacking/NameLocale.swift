internal import Glibc

/// libarchive turns names into the characters of the calling thread's locale. In plain C's it loses most of them, and asks
/// iconv, which opens files. In a UTF-8 locale it does neither.
@safe enum NameLocale {
    /// nil where the system has no such locale: names are then read as well as C's locale allows.
    nonisolated(unsafe) private static let utf8: locale_t? = unsafe newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)

    /// Loads it.
    static func prepare() { unsafe _ = utf8 }

    /// Runs `body` with the calling thread in that locale.
    static func within<Result, Failure>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        guard let utf8 = unsafe utf8 else { return try body() }
        let before = unsafe uselocale(utf8)
        defer { unsafe _ = uselocale(before) }
        return try body()
    }
}
