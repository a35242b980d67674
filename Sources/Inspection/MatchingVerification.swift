internal import ScanProtocol
internal import Support

/// Chooses the objects that are matched with the filter and without, and turns the filter off after a difference.
package final class MatchingVerification: Sendable {
    package struct Counts: Sendable, Equatable {
        /// Objects that were matched both ways.
        package var verified: Int64 = 0
        /// Objects in which the filter missed a match.
        package var differences: Int64 = 0
    }

    private let state = Locked(Counts())

    var counts: Counts { state.withLock { $0 } }
    /// Whether the filter has missed nothing yet.
    var isFilterTrusted: Bool { counts.differences == 0 }

    /// Returns how to match the next object.
    ///
    /// - Parameter share: of the objects that are matched both ways.
    func next(share: Double) -> PatternMatching {
        let isChosen = share > 0 && Double.random(in: 0..<1) < share
        guard isFilterTrusted else { return .whole }
        return isChosen ? .verified : .filtered
    }

    /// Counts an object that was matched both ways.
    ///
    /// - Parameter isDifferent: whether the filter missed a match.
    func note(isDifferent: Bool) {
        state.withLock { counts in
            counts.verified += 1
            if isDifferent { counts.differences += 1 }
        }
    }
}
