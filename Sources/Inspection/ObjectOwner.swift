/// Whose object the current task inspects.
package enum ObjectOwner {
    /// Any text that names the owner; empty if there is none. Calls that wait for a scanner child start in turn by
    /// owner (`ScannerSlots.order`).
    @TaskLocal package static var current = ""
}
