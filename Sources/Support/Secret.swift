/// A text that does not print: not in logs, errors, interpolations, `dump` or a debugger's view.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself. Each use of this name is a place to look at.
    package let exposed: String

    package init(_ exposed: String) { self.exposed = exposed }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
