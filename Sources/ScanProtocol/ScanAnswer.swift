/// The scanner's answer for one object, as facts. The `Judging` module decides what they mean.
package struct ScanAnswer: Sendable {
    package enum Result: Sendable {
        /// The scan finished.
        case scanned(ScanFacts)
        /// The scan did not finish, and the object is to blame.
        case failed(InspectionFailure, milliseconds: Int64)
        /// No child was asked: the object is larger than the engine takes, and its pipeline does not have it scanned in
        /// parts.
        case overCeiling
    }

    package let result: Result
    /// The engine that answered; if none did, the one that serves.
    package let engine: EngineDescription
    /// How long the scan may have taken: its time limit and the grace on top of it.
    package let allowance: Duration

    package init(_ result: Result, engine: EngineDescription, allowance: Duration) {
        self.result = result
        self.engine = engine
        self.allowance = allowance
    }
}

/// Why an object could not be inspected, if the object itself is to blame; another try would not help.
package enum InspectionFailure: Sendable, Equatable {
    /// The object killed its child again and again.
    case died(String)
    /// The object kept its child busy without progress, or for longer than its size warrants.
    case noProgress(String)
    /// The object needed more memory than a child has.
    case outOfMemory(String)
    /// The object kept its child busy beyond the time limit.
    case timedOut(String)
    /// libmagic reports no type for the object's bytes.
    case untyped(String)
}
