import Domain

/// What is done with an object.
package enum Action: Sendable, Equatable {
    /// Moves the object to its permanent destination, with its metadata and tags. Only clean objects are moved.
    case move(DestinationTemplate, tags: [TagTemplate])
    /// Moves the object to quarantine, made inert.
    case quarantine(DestinationTemplate, tags: [TagTemplate])
    case delete
    /// Leaves the object where it is, and adds the tags.
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

/// The action for each verdict.
struct VerdictActions: Sendable, Equatable {
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
