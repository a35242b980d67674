package import Domain
package import Pipelines

/// The life of a job in one worker, as a value: the result of one step goes in, the next step comes out. It does no I/O
/// and never waits; `JobRunner` does the steps.
///
/// | state | usual step | then |
/// |---|---|---|
/// | `claiming` | claim | no judgement yet, or an event without version and ETag: fetch; else head |
/// | `fetching`, `charging`, `inspecting`, `recording` | fetch, charge, inspect, record | move |
/// | `ordering` | order | clean uploads of one key that go to one location: the later one stays |
/// | `tagging`, `copying`, `deleting` | tag, copy, delete | remove side-cars, finish |
/// | `searching` | findCopy | the source is gone or replaced: whether this job had moved it |
/// | `finishing` | finish | end |
///
/// The judgement is on record before the object is touched, and the source is deleted only after the copy was verified.
/// So each step can be repeated after a kill at any instant.
package struct JobStateMachine: Sendable {
    let job: Job
    /// Nil if no pipeline takes the object.
    let pipeline: Pipeline?
    /// Whether the message goes to the dead-letter queue unless this attempt ends the job.
    let isLastReceive: Bool

    var state = State.claiming
    var attempt = Attempt()

    package init(_ job: Job, pipeline: Pipeline?, isLastReceive: Bool) {
        self.job = job
        self.pipeline = pipeline
        self.isLastReceive = isLastReceive
    }

    enum State: Sendable, Equatable {
        case claiming
        /// The judgement is on record: the object is looked at before its move.
        case resuming(Judgement)
        /// The event's size breaks the rules: S3's size decides.
        case checkingSize
        case fetching
        case charging(SeenObject)
        case inspecting(SeenObject)
        case recording(Judgement, SeenObject)
        case readingFirstReceipt(AfterPlan)
        case ordering(Move)
        case tagging(Move)
        case copying(Move)
        case deleting(Move, Destination?)
        case findingOvertakenCopy(Move)
        case recordingMismatch(Judgement)
        case askingWhetherToGuess(Search, ObjectLocation)
        case searching(Search)
        case askingWhetherReplaced(Search)
        case removingSidecars(Outcome)
        case finishing(Outcome)
        case releasing(StepFailure)
        case stranding(StepFailure)
        case ended
    }

    /// What the plan is decided for.
    enum AfterPlan: Sendable, Equatable {
        case move(Judgement, SeenObject)
        case search(Judgement, SourceLoss)
    }

    /// How the source of a judged job was lost.
    enum SourceLoss: Sendable, Equatable { case gone, replaced }

    struct Move: Sendable, Equatable {
        let judgement: Judgement
        let seen: SeenObject
        let plan: MovePlan
    }

    /// A search for what an attempt, an earlier one or this, had done before the source was lost.
    struct Search: Sendable, Equatable {
        let judgement: Judgement
        let loss: SourceLoss
        let plan: MovePlan
    }

    /// What is known since the claim was granted.
    struct Attempt: Sendable {
        /// The latest judgement on record.
        var judgement: Judgement?
        /// The object that this attempt has judged, or looked at before its move.
        var seen: SeenObject?
        /// Whether an earlier attempt may have begun the move.
        var mayBeMoved = false
        /// The verified copy that an earlier attempt made before it deleted the source, or was about to.
        var copied: Destination?
    }

    package mutating func start() -> Step { claim() }

    /// Starts with a message that is not worked on: its job is put on record as stranded.
    package mutating func giveUp(_ reason: String) -> Step { strand(StepFailure(.transient, reason)) }

    package mutating func handle(_ result: StepResult) -> Step {
        switch (state, result) {
        case (.claiming, .claimed(let earlier, let isInForce, let mayBeMoved, let copied)):
            claimed(earlier, isInForce: isInForce, mayBeMoved: mayBeMoved, copied: copied)
        case (.claiming, .alreadyFinished(let outcome)): end(.duplicate(outcome))
        case (.resuming(let judgement), .head(let source, let size)): resumed(judgement, source, size)
        case (.checkingSize, .head(let source, let size)): checkedSize(source, size)
        case (.fetching, .fetched(let object)): fetched(object)
        case (.charging(let object), .charged(let breach)): charged(object, breach)
        case (.inspecting(let object), .judged(let judgement)): record(judgement, object)
        case (.recording(let judgement, let object), .recorded): judged(judgement, object)
        case (.readingFirstReceipt(let next), .firstReceipt(let time)): plan(next, since: time)
        case (.ordering(let move), .inOrder): begin(move)
        case (.ordering(let move), .overtaken), (.copying(let move), .overtaken): overtaken(move)
        case (.tagging(let move), .tagged(let dropped)): tagged(move, dropped)
        case (.copying(let move), .copied(let copy)): deleteSource(move, copy)
        case (.deleting(let move, let copy), .deleted): finish(.settled(move.judgement, move.plan.disposition, copy))
        case (.findingOvertakenCopy(let move), .copyFound(let copy)): deleteSource(move, copy)
        case (.findingOvertakenCopy, .copyMissing): finish(.superseded)
        case (.recordingMismatch(let judgement), .recorded): decide(.search(judgement, .replaced))
        case (.askingWhetherToGuess(let search, let location), .precedence(let isOvertaken)):
            findCopy(search, at: location, mayGuess: !isOvertaken)
        case (.searching(let search), .copyFound(let copy)):
            finish(.settled(search.judgement, search.plan.disposition, copy))
        case (.searching(let search), .copyMissing): notFound(search)
        case (.askingWhetherReplaced(let search), .precedence(let isOvertaken)):
            isOvertaken ? finish(.superseded) : gone(search)
        case (.removingSidecars(let outcome), .sidecarsRemoved): record(outcome)
        case (.finishing(let outcome), .finished(let isOurs)): isOurs ? end(.finished(outcome)) : claim()
        case (.releasing(let failure), .released): end(attemptResult(after: failure))
        case (.stranding(let failure), .stranded(let outcome)):
            end(outcome.map { .duplicate($0) } ?? attemptResult(after: failure))
        case (_, .failed(let failure)): failed(failure)
        default: preconditionFailure("\(result) does not answer the step of \(state)")
        }
    }

    mutating func go(to next: State, _ step: Step) -> Step {
        state = next
        return step
    }

    mutating func finish(_ outcome: Outcome) -> Step {
        // The side-cars go first: a kill in between leaves the job open, and the next attempt comes here again.
        if pipeline?.sidecars == .delete, case .settled(_, let disposition, _) = outcome, disposition != .kept {
            return go(to: .removingSidecars(outcome), .removeSidecars)
        }
        return record(outcome)
    }

    mutating func record(_ outcome: Outcome) -> Step { go(to: .finishing(outcome), .finish(outcome)) }

    mutating func end(_ result: AttemptResult) -> Step { go(to: .ended, .settle(result)) }

    mutating func claim() -> Step {
        attempt = Attempt()
        return go(to: .claiming, .claim)
    }
}
