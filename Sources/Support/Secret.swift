/// A text that is redacted wherever it is printed: logs, errors, interpolations, `dump`, a debugger's view.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself. Each use of this name deserves a review.
    package let exposed: String

    package init(_ exposed: String) { self.exposed = exposed }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
