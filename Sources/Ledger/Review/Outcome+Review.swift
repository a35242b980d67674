import Domain

extension Outcome {
    /// Whether the object is in quarantine from now on, so that its review is pending.
    var quarantines: Bool {
        if case .settled(_, .quarantined, _) = self { true } else { false }
    }
}
