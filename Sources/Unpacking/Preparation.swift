internal import CArchive

/// Makes libarchive and the libraries under it do what they put off until the first use. Call it once, while files can still
/// be opened; behind it, unpacking opens nothing.
package func prepareUnpacking() {
    guard let archive = unsafe archive_read_new() else { return }
    unsafe _ = archive_read_free(archive)
}
