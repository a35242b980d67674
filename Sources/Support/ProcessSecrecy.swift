internal import CShims

/// Keeps other processes of the same user from reading this one's memory and environment, and the kernel from writing
/// them into a core file (prctl(2), PR_SET_DUMPABLE).
package func keepProcessSecret() {
    _ = lz_set_dumpable(0)
    _ = lz_lower_limit(LZ_CORE_SIZE, 0)
}
