internal import Domain

// The source of a judged job is gone or replaced: this attempt, or an earlier one, may have done all but record the
// outcome.
extension JobStateMachine {
    mutating func search(_ search: Search) -> Step {
        switch (search.plan, search.loss) {
        case (.delete, .gone): return finish(.settled(search.judgement, .deleted, nil))
        case (.delete, .replaced): return finish(.superseded)
        case (.tag, _): return notFound(search)
        case (.copy(let copy), _):
            guard case .success(let location) = copy.destination else { return notFound(search) }
            // What is there may be the copy of a later upload that went to the same location.
            if copy.needsOrder { return go(to: .askingWhetherToGuess(search, location), .precedence) }
            return findCopy(search, at: location, mayGuess: copy.manner == .promotion)
        }
    }

    mutating func findCopy(_ search: Search, at location: ObjectLocation, mayGuess: Bool) -> Step {
        let source = CopySearch.Source.missing(seen: attempt.seen, mayGuess: mayGuess)
        let look = CopySearch(location: location, source: source, judgement: search.judgement)
        return go(to: .searching(search), .findCopy(look))
    }

    mutating func notFound(_ search: Search) -> Step {
        switch search.loss {
        case .replaced: return finish(.superseded)
        case .gone:
            // The copy may have been there until a later upload replaced it.
            guard search.plan.needsOrder else { return gone(search) }
            return go(to: .askingWhetherReplaced(search), .precedence)
        }
    }

    /// Neither source nor copy is there. If the copy is on record, its source was deleted after it was verified, and
    /// somebody has taken the copy from its place since.
    mutating func gone(_ search: Search) -> Step {
        guard let copy = attempt.copied else { return finish(.gone) }
        return finish(.settled(search.judgement, search.plan.disposition, copy))
    }
}
