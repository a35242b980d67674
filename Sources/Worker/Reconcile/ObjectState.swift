package import AWS
package import Domain

/// The state of a job's object and of its copy, as S3 reports it.
package struct ObjectState: Sendable, Equatable {
    package enum Source: Sendable, Equatable {
        /// The version that the job is about is there. When it was written, and what protects it from deletion, if S3
        /// says.
        case there(written: Timestamp?, lock: ObjectLock?)
        /// The key has another version.
        case replaced
        case gone
    }

    package enum Copy: Sendable, Equatable {
        /// The job makes no copy: its object is deleted or stays where it is, or S3 could not hold the copy's key.
        case notWanted
        case missing
        case there(Destination)
    }

    package let source: Source
    package let copy: Copy

    package init(source: Source, copy: Copy) {
        self.source = source
        self.copy = copy
    }

    var hasCopy: Bool { if case .there = copy { true } else { false } }

    /// The word for it in `lazaret reconcile --json`.
    package var code: String {
        switch (source, copy) {
        case (.there, .there): "both"
        case (.there, .missing), (.there, .notWanted): "source"
        case (.replaced, .there), (.gone, .there): "copy"
        case (.replaced, _): "replaced"
        case (.gone, _): "neither"
        }
    }
}
