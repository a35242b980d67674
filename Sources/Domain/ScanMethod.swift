/// How an object was scanned.
package enum ScanMethod: String, CaseIterable, Sendable {
    /// As one file.
    case whole
    /// Member by member, because the object is larger than the engine takes.
    case members
    /// In overlapping windows, because the object is larger than the engine takes.
    case windows
}
