import Domain

/// What becomes of an object.
package enum Action: Sendable, Equatable {
    /// To its permanent place, with all that it has. Only what is clean is moved.
    case move(DestinationTemplate, tags: [TagTemplate])
    /// To a place of its own, made inert.
    case quarantine(DestinationTemplate, tags: [TagTemplate])
    case delete
    /// It stays where it is; tags, where there are some, are put on it there.
    case keep(tags: [TagTemplate])

    package var destination: DestinationTemplate? {
        switch self {
        case .move(let destination, _), .quarantine(let destination, _): destination
        case .delete, .keep: nil
        }
    }

    package var tags: [TagTemplate] {
        switch self {
        case .move(_, let tags), .quarantine(_, let tags), .keep(let tags): tags
        case .delete: []
        }
    }
}

/// What becomes of an object by each verdict.
struct Decisions: Sendable, Equatable {
    let clean: Action
    let infected: Action
    let unscannable: Action
    let rejected: Action

    subscript(verdict: Verdict) -> Action {
        switch verdict {
        case .clean: clean
        case .infected: infected
        case .unscannable: unscannable
        case .rejected: rejected
        }
    }
}
