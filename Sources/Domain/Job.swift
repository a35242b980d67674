/// A job's identity: 32 hexadecimal digits, the same for every message about one object version.
package struct JobID: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// Returns nil unless `text` is 32 lowercase hexadecimal digits.
    package init?(_ text: String) {
        let digits = text.utf8
        guard digits.count == 32, digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else {
            return nil
        }
        self.text = text
    }

    package var description: String { text }
}

/// The work on one object version.
package struct Job: Sendable, Equatable {
    package let id: JobID
    package let event: Event

    package init(id: JobID, event: Event) {
        self.id = id
        self.event = event
    }

    package var object: ObjectVersion { event.object }
}
