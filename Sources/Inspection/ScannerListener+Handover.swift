internal import CShims
internal import Domain
import Glibc
import ScanProtocol
import Support

/// How scanners are started, follow one another, and end.
extension ScannerListener {
    private static let endPatience = Duration.seconds(10)

    // MARK: Coming

    /// Starts a scanner: the first one, one in place of one that was lost, or, while one serves, the one that is to follow it.
    mutating func load() {
        nextLoad = nil
        if watch.last == nil, link.configuration.signatureInterval != nil {
            // Nothing is served yet that a slow folder could hold up, and what the scanner loads must have been seen before.
            let begun = Instant.now
            watch.saw(SignatureLook(folder: link.configuration.signatures), begun: begun)
            nextLook = begun + watch.interval
        }
        let look = watch.last
        let isSwitch = link.withState { $0.generations.serving != nil }
        if isSwitch {
            link.log(.info, "signatures are loading") { $0.field("folder", link.configuration.signatures) }
        }
        do throws(ScannerError) {
            let process = try link.launch()
            _ = fcntl(process.control, F_SETFL, O_NONBLOCK)
            lastNumber += 1
            var generation = Generation(
                number: lastNumber, process: process, look: look, begun: .now,
                seats: ScannerSlots(count: link.configuration.children, now: .now))
            generation.deadline = generation.begun + link.configuration.loadTimeout
            let new = generation
            link.withState { state in
                state.generations.append(new)
                if case .idle = state.phase { state.phase = .loading }
            }
        } catch {
            failToLoad(look, error)
        }
    }

    /// A scanner says that it can work.
    mutating func prove(_ number: Int, _ description: EngineDescription) {
        let (isLoading, hasServing) = link.withState { state in
            let isLoading = state.generations.change(number) { generation in
                guard generation.stage == .loading else { return false }
                generation.stage = .proven
                generation.description = description
                return true
            }
            return (isLoading ?? false, state.generations.serving != nil)
        }
        guard isLoading else { return lose(number, "the scanner said twice that it is ready") }
        if let accepted, let reason = SignatureSwitch.refusal(of: description, after: accepted) {
            let look = link.withState { $0.generations[number: number]?.look }
            end(number, killing: false)
            return failToLoad(look, ScannerError(.start, reason))
        }
        link.log(.info, "scanner is ready") { json in
            json.field("engine", description.engine)
            json.field("signatures", description.signatures)
            json.field("signatureCount", description.signatureCount)
        }
        // Where nothing serves, calls wait in line, and their children come in a moment.
        if !hasServing { takeOver(number) }
    }

    /// A proven scanner takes the calls from here on; the one that had them finishes those that its children work on.
    mutating func takeOver(_ number: Int) {
        let former = accepted
        let taken = link.withState { state -> (Generation, isSwitch: Bool, [StartWaiter])? in
            guard let description = state.generations[number: number]?.description else { return nil }
            let serving = state.generations.serving
            if let serving { _ = state.generations.change(serving.number) { $0.stage = .retiring } }
            guard
                let generation = state.generations.change(
                    number,
                    { generation in
                        generation.stage = .serving
                        generation.deadline = nil
                        generation.seats.renew(now: .now)
                        return generation
                    })
            else { return nil }
            state.phase = .serving(description)
            let isSwitch = serving != nil || former.map { $0 != description } ?? false
            if isSwitch { state.signatures.switches += 1 }
            state.signatures.refusal = nil
            state.signatures.built = description.built
            state.signatures.loaded = Timestamp.now()
            _ = ScannerLink.seatWaiting(&state)
            defer { state.starting = [] }
            return (generation, isSwitch, state.starting)
        }
        guard let (generation, isSwitch, starting) = taken, let description = generation.description else { return }
        watch.accept()
        accepted = description
        if isSwitch {
            link.log(.info, "signatures switched") { json in
                json.field("from", former?.signatures ?? "")
                json.field("to", description.signatures)
                json.field("signatureCount", description.signatureCount)
                json.field("milliseconds", (Instant.now - generation.begun).wholeMilliseconds)
            }
        }
        for waiter in starting { waiter.resume(returning: .success(description)) }
        link.tellServing()
    }

    // MARK: Failing

    /// Buries a scanner that is of no use any more. One that served is loaded again.
    mutating func lose(_ number: Int, _ why: String) {
        guard let (generation, how) = bury(number) else { return }
        switch generation.stage {
        case .serving:
            link.log(.error, "scanner is lost and loaded again") { json in
                json.field("reason", why)
                json.field("how", how)
            }
            guard let coming = link.withState({ $0.generations.coming }) else { return load() }
            // The one that was to follow comes sooner; one that still loads is waited for.
            if coming.stage == .proven { takeOver(coming.number) }
        case .loading, .proven:
            let hint = "its own messages stand above; too little memory is a common cause"
            failToLoad(
                generation.look,
                generation.reason.map { ScannerError(.start, $0) }
                    ?? ScannerError(.start, "\(why) while it loaded its signatures (\(how))", hint: hint))
        case .retiring:
            link.log(.warning, "scanner of the former signatures is lost") { json in
                json.field("reason", why)
                json.field("how", how)
            }
        case .ending:
            break
        }
    }

    /// A stage lasted too long.
    mutating func overstayed(_ generation: Generation) {
        switch generation.stage {
        case .loading, .proven:
            end(generation.number, killing: true)
            let message = "the scanner did not load its signatures within \(link.configuration.loadTimeout)"
            failToLoad(generation.look, ScannerError(.start, generation.reason ?? message))
        case .serving, .retiring, .ending:
            _ = bury(generation.number)
        }
    }

    /// A set did not come to serve. Where another one serves, that one goes on; a first load that fails is the starter's to
    /// mend; and where the scanner was lost, the load is tried again from time to time.
    private mutating func failToLoad(_ look: SignatureLook?, _ error: ScannerError) {
        if accepted != nil { refuse(look, error.description) }
        let answer = ScannerError(.unavailable, error.message, hint: error.hint)
        let failed = link.withState { state -> (isFirst: Bool, [StartWaiter], [ScannerLink.Call])? in
            if state.generations.serving != nil { return nil }
            let isFirst =
                if case .loading = state.phase { true } else if case .idle = state.phase { true } else { false }
            state.phase = isFirst ? .idle : .down(answer)
            defer { state.starting = [] }
            return (isFirst, state.starting, state.takeLine())
        }
        guard let (isFirst, starting, calls) = failed else { return }
        if !isFirst {
            nextLoad = .now + link.configuration.reloadPause
            link.log(.error, "scanner cannot be loaded; it is tried again") { $0.field("reason", error.description) }
        }
        for waiter in starting { waiter.resume(returning: .failure(error)) }
        for call in calls { call.waiter.resume(returning: .unavailable(answer)) }
    }

    /// Remembers that the folder's set is not to be served, and tells, once for each.
    private mutating func refuse(_ look: SignatureLook?, _ reason: String) {
        let isNew = watch.refused != look
        watch.refuse(look)
        link.withState { state in
            if isNew { state.signatures.refusals += 1 }
            state.signatures.refusal = reason
        }
        guard isNew else { return }
        link.log(.error, "signatures refused") { json in
            json.field("reason", reason)
            json.field("serving", accepted?.signatures ?? "")
        }
    }

    // MARK: Ending

    /// Has a scanner end without waiting for it.
    ///
    /// - Parameter killing: gives it no time to clear up; for one that may not listen.
    mutating func end(_ number: Int, killing: Bool) {
        let ended = link.withState { state in
            state.generations.change(number) { generation in
                generation.stage = .ending
                generation.deadline = .now + Self.endPatience
                let (sockets, calls) = generation.seats.clear(now: .now)
                return (generation.process, sockets, calls)
            }
        }
        guard let (process, sockets, calls) = ended else { return }
        for socket in sockets { close(socket) }
        for call in calls { call.waiter.resume(returning: .lost("told to end")) }
        shutdown(process.control, CInt(SHUT_WR))
        if killing { process.kill() }
    }

    /// Ends the process for good and answers the calls that its children had. Blocks until the process is gone.
    private mutating func bury(_ number: Int) -> (Generation, how: String)? {
        let taken = link.withState { state -> (Generation, [CInt], [ScannerLink.Call])? in
            guard var generation = state.generations.remove(number) else { return nil }
            if generation.stage == .serving { state.phase = .reloading }
            let (sockets, calls) = generation.seats.clear(now: .now)
            return (generation, sockets, calls)
        }
        guard let (generation, sockets, calls) = taken else { return nil }
        generation.process.kill()
        close(generation.process.control)
        for socket in sockets { close(socket) }
        let (how, usage) = generation.process.wait()
        link.withState { $0.usage.add(usage) }
        for call in calls { call.waiter.resume(returning: .lost(how)) }
        return (generation, how)
    }

    /// Closes the control sockets, at which the scanners end their children and themselves, and waits for them.
    consuming func finish() {
        let (calls, starting, generations) = link.withState { state in
            defer { state.starting = [] }
            return (state.takeAllCalls(), state.starting, state.generations)
        }
        let error = ScannerError(.stopped, "the scanner was stopped")
        for call in calls { call.waiter.resume(returning: .unavailable(error)) }
        for waiter in starting { waiter.resume(returning: .failure(error)) }
        for generation in generations where generation.stage != .ending {
            end(generation.number, killing: generation.stage == .loading)
        }
        let deadline = Instant.now + Self.endPatience
        for generation in generations {
            awaitEnd(of: generation.process.control, until: deadline)
            _ = bury(generation.number)
        }
        let (stopping, usage) = link.withState { state in
            state.phase = .stopped
            defer { state.stopping = [] }
            return (state.stopping, state.usage)
        }
        for waiter in stopping { waiter.resume(returning: usage) }
    }

    /// Waits for the end of a control socket, which is the end of its process.
    private mutating func awaitEnd(of control: CInt, until deadline: Instant) {
        var source = pollfd(fd: control, events: Int16(POLLIN), revents: 0)
        while deadline > .now, unsafe poll(&source, 1, CInt((deadline - .now).wholeMilliseconds + 1)) > 0 {
            // Reports on ending children may still come.
            switch receive(control) {
            case .packet(_, let descriptor): if descriptor >= 0 { close(descriptor) }
            case .nothing, .unreadable: continue
            case .end: return
            }
        }
    }

    private typealias StartWaiter = CheckedContinuation<Result<EngineDescription, ScannerError>, Never>

    // MARK: The folder

    /// Takes notice of a look at the signature folder, does what it calls for, and has the next one taken in time.
    mutating func watchSignatures() {
        guard link.configuration.signatureInterval != nil else { return }
        let arrived = link.withState { state in
            defer { state.look = nil }
            return state.look
        }
        if let arrived {
            nextLook = arrived.begun + watch.interval
            watch.saw(arrived.sight, begun: arrived.begun)
            heed(lookBegun: arrived.begun)
        }
        let complete = link.withState { $0.generations.coming?.completeSince }
        // A set is switched to when the folder was seen to be unchanged after it was loaded: asked for at once.
        let isAwaited = complete.map { complete in lastLookBegun.map { $0 < complete } ?? true } ?? false
        guard let next = nextLook, isAwaited || next <= .now else { return }
        nextLook = nil
        link.lookAtSignatures()
    }

    private mutating func heed(lookBegun: Instant) {
        lastLookBegun = lookBegun
        let generations = link.withState { $0.generations }
        // Where none serves, whatever loads will do, and the next look mends what was loaded half.
        guard let serving = generations.serving else { return }
        let coming = generations.coming
        switch watch.advice(serving: serving.look, loading: coming?.look) {
        case .load:
            // Two engines at the most: a third would not fit where two just do.
            if generations.count == 1 { load() }
        case .abandon:
            guard let coming else { return }
            // One that loads listens to nothing until it is done.
            end(coming.number, killing: coming.stage == .loading)
            link.log(.info, "signatures changed while they were loaded") {
                $0.field("folder", link.configuration.signatures)
            }
        case .stay:
            if watch.last == serving.look, watch.refused != nil {
                watch.accept()
                link.withState { $0.signatures.refusal = nil }
                link.log(.info, "signatures are again those that serve") { _ in }
            }
            if let coming, let complete = coming.completeSince, lookBegun >= complete { takeOver(coming.number) }
        }
    }
}

extension ScannerUsage {
    /// Of two scanners one after the other.
    mutating func add(_ other: ScannerUsage) {
        cpu += other.cpu
        maxResidentBytes = max(maxResidentBytes, other.maxResidentBytes)
    }
}
