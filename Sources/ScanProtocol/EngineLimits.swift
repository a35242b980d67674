/// Sizes beyond which libclamav 1.4 does not inspect a file, for both sides of the process boundary.
package enum EngineLimits {
    /// The largest file that the engine takes, in bytes (`INT_MAX - 2`); it silently lowers larger limits to this one.
    package static let ceiling: Int64 = 2_147_483_645
    /// The shortest file that the engine inspects, in bytes. It answers "clean" for a shorter one without reading it.
    package static let shortestFile: Int64 = 6
}
