internal import Glibc

/// Does what libarchive and the C library put off until the first use and need files for. Call it once, while files can still
/// be opened; behind it, unpacking opens none.
package func prepareUnpacking() {
    NameLocale.prepare()
    // Forms that give local times ask for the time zone.
    tzset()
}
