internal import CShims
internal import Domain
import Glibc
import ScanProtocol
import Support

/// Starts scanners, hands over from one to the next, and ends them.
extension ScannerListener {
    private static let endTimeout = Duration.seconds(10)

    // MARK: Starting

    /// Starts a scanner: the first one, a replacement for a lost one, or the successor of the one that serves.
    mutating func load() {
        nextLoad = nil
        if watch.last == nil, link.configuration.signatureInterval != nil {
            // Nothing is served yet that a slow folder could delay, and the folder must be read before the scanner
            // loads it.
            let startedAt = Instant.now
            watch.observe(SignatureSnapshot(folder: link.configuration.signatures), startedAt: startedAt)
            nextSnapshot = startedAt + watch.interval
        }
        let snapshot = watch.last
        let isSwitch = link.withState { $0.generations.serving != nil }
        if isSwitch {
            link.log(.info, "loading signatures") { $0.field("folder", link.configuration.signatures) }
        }
        do throws(ScannerError) {
            let process = try link.launch()
            _ = fcntl(process.control, F_SETFL, O_NONBLOCK)
            lastNumber += 1
            var generation = Generation(
                number: lastNumber, process: process, snapshot: snapshot, startedAt: .now,
                slots: ScannerSlots(
                    count: link.configuration.children, reserving: link.configuration.largeOver != nil, now: .now))
            generation.deadline = generation.startedAt + link.configuration.loadTimeout
            let new = generation
            link.withState { state in
                state.generations.append(new)
                if case .idle = state.phase { state.phase = .loading }
            }
        } catch {
            failToLoad(snapshot, error)
        }
    }

    /// Handles a scanner's report that it is ready.
    mutating func becameReady(_ number: Int, _ description: EngineDescription) {
        let (isLoading, hasServing) = link.withState { state in
            let isLoading = state.generations.change(number) { generation in
                guard generation.stage == .loading else { return false }
                generation.stage = .ready
                generation.description = description
                return true
            }
            return (isLoading ?? false, state.generations.serving != nil)
        }
        guard isLoading else { return lose(number, "the scanner reported twice that it is ready") }
        if let accepted, let reason = SignatureHandover.refusal(of: description, after: accepted) {
            let snapshot = link.withState { $0.generations[number: number]?.snapshot }
            end(number, killing: false)
            return failToLoad(snapshot, ScannerError(.start, reason))
        }
        link.log(.info, "scanner is ready") { json in
            json.field("engine", description.engine)
            json.field("signatures", description.signatures)
            json.field("signatureCount", description.signatureCount)
        }
        // If nothing serves, calls wait in the queue; the children follow in a moment.
        if !hasServing { takeOver(number) }
    }

    /// Directs calls to a ready scanner from now on; the previous one finishes those that its children work on.
    mutating func takeOver(_ number: Int) {
        let previous = accepted
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
                        generation.slots.renew(now: .now)
                        return generation
                    })
            else { return nil }
            state.phase = .serving(description)
            let isSwitch = serving != nil || previous.map { $0 != description } ?? false
            if isSwitch { state.signatures.switches += 1 }
            state.signatures.refusal = nil
            state.signatures.built = description.built
            state.signatures.loaded = Timestamp.now()
            _ = ScannerLink.assignWaitingCalls(&state)
            defer { state.starting = [] }
            return (generation, isSwitch, state.starting)
        }
        guard let (generation, isSwitch, starting) = taken, let description = generation.description else { return }
        watch.accept()
        accepted = description
        if isSwitch {
            link.log(.info, "signatures switched") { json in
                json.field("from", previous?.signatures ?? "")
                json.field("to", description.signatures)
                json.field("signatureCount", description.signatureCount)
                json.field("milliseconds", (Instant.now - generation.startedAt).wholeMilliseconds)
            }
        }
        for waiter in starting { waiter.resume(returning: .success(description)) }
        link.notifyServing()
    }

    // MARK: Failing

    /// Removes a scanner that ended or misbehaved. One that served is started again.
    mutating func lose(_ number: Int, _ why: String) {
        guard let (generation, how) = reap(number) else { return }
        switch generation.stage {
        case .serving:
            link.log(.error, "scanner lost; starting another one") { json in
                json.field("reason", why)
                json.field("how", how)
            }
            guard let candidate = link.withState({ $0.generations.candidate }) else { return load() }
            // A successor that is ready takes over early; one that still loads is waited for.
            if candidate.stage == .ready { takeOver(candidate.number) }
        case .loading, .ready:
            let hint = "see its own messages above; too little memory is a common cause"
            failToLoad(
                generation.snapshot,
                generation.reason.map { ScannerError(.start, $0) }
                    ?? ScannerError(.start, "\(why) while it loaded its signatures (\(how))", hint: hint))
        case .retiring:
            link.log(.warning, "scanner of the previous signatures lost") { json in
                json.field("reason", why)
                json.field("how", how)
            }
        case .ending:
            break
        }
    }

    /// Ends a scanner whose stage lasted too long.
    mutating func exceededDeadline(_ generation: Generation) {
        switch generation.stage {
        case .loading, .ready:
            end(generation.number, killing: true)
            let message = "the scanner did not load its signatures within \(link.configuration.loadTimeout)"
            failToLoad(generation.snapshot, ScannerError(.start, generation.reason ?? message))
        case .serving, .retiring, .ending:
            _ = reap(generation.number)
        }
    }

    /// Handles a signature set that failed to load. If another set serves, it continues; a failed first load is
    /// returned to the callers of `start()`; after a lost scanner, the load is retried after a pause.
    private mutating func failToLoad(_ snapshot: SignatureSnapshot?, _ error: ScannerError) {
        if accepted != nil { refuse(snapshot, error.description) }
        let answer = ScannerError(.unavailable, error.message, hint: error.hint)
        let failed = link.withState { state -> (isFirst: Bool, [StartWaiter], [ScannerLink.Call])? in
            if state.generations.serving != nil { return nil }
            let isFirst =
                if case .loading = state.phase { true } else if case .idle = state.phase { true } else { false }
            state.phase = isFirst ? .idle : .down(answer)
            defer { state.starting = [] }
            return (isFirst, state.starting, state.takeQueue())
        }
        guard let (isFirst, starting, calls) = failed else { return }
        if !isFirst {
            nextLoad = .now + link.configuration.reloadPause
            link.log(.error, "scanner failed to load; will be retried") { $0.field("reason", error.description) }
        }
        for waiter in starting { waiter.resume(returning: .failure(error)) }
        for call in calls { call.waiter.resume(returning: .unavailable(answer)) }
    }

    /// Records that the folder's set must not serve, and logs it once for each set.
    private mutating func refuse(_ snapshot: SignatureSnapshot?, _ reason: String) {
        let isNew = watch.refused != snapshot
        watch.refuse(snapshot)
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

    /// Stops a scanner without waiting for it.
    ///
    /// - Parameter killing: kills it without time to clean up, for a scanner that may not respond.
    mutating func end(_ number: Int, killing: Bool) {
        let ended = link.withState { state in
            state.generations.change(number) { generation in
                generation.stage = .ending
                generation.deadline = .now + Self.endTimeout
                let (sockets, calls) = generation.slots.clear(now: .now)
                return (generation.process, sockets, calls)
            }
        }
        guard let (process, sockets, calls) = ended else { return }
        for socket in sockets { close(socket) }
        for call in calls { call.waiter.resume(returning: .lost("stopped")) }
        shutdown(process.control, CInt(SHUT_WR))
        if killing { process.kill() }
    }

    /// Kills the process, waits for its end (blocking) and resumes the calls of its children.
    private mutating func reap(_ number: Int) -> (Generation, how: String)? {
        let taken = link.withState { state -> (Generation, [CInt], [ScannerLink.Call])? in
            guard var generation = state.generations.remove(number) else { return nil }
            if generation.stage == .serving { state.phase = .reloading }
            let (sockets, calls) = generation.slots.clear(now: .now)
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

    /// Closes the control sockets, upon which the scanners kill their children and exit, and waits for their end.
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
        let deadline = Instant.now + Self.endTimeout
        for generation in generations {
            awaitEnd(of: generation.process.control, until: deadline)
            _ = reap(generation.number)
        }
        let (stopping, usage) = link.withState { state in
            state.phase = .stopped
            defer { state.stopping = [] }
            return (state.stopping, state.usage)
        }
        for waiter in stopping { waiter.resume(returning: usage) }
    }

    /// Waits for the end of a control socket, which marks the end of its process.
    private mutating func awaitEnd(of control: CInt, until deadline: Instant) {
        var source = pollfd(fd: control, events: Int16(POLLIN), revents: 0)
        while deadline > .now, unsafe poll(&source, 1, CInt((deadline - .now).wholeMilliseconds + 1)) > 0 {
            // Reports of ending children may still arrive.
            switch receive(control) {
            case .packet(_, let descriptor): if descriptor >= 0 { close(descriptor) }
            case .nothing, .unreadable: continue
            case .end: return
            }
        }
    }

    private typealias StartWaiter = CheckedContinuation<Result<EngineDescription, ScannerError>, Never>

    // MARK: The signature folder

    /// Processes a new snapshot of the signature folder, and has the next one taken in time.
    mutating func watchSignatures() {
        guard link.configuration.signatureInterval != nil else { return }
        let arrived = link.withState { state in
            defer { state.newSnapshot = nil }
            return state.newSnapshot
        }
        if let arrived {
            nextSnapshot = arrived.startedAt + watch.interval
            watch.observe(arrived.snapshot, startedAt: arrived.startedAt)
            actOnSnapshot(snapshotStartedAt: arrived.startedAt)
        }
        let complete = link.withState { $0.generations.candidate?.completeSince }
        // A loaded set takes over once the folder was found unchanged after the load, so a snapshot is taken at once.
        let isAwaited = complete.map { complete in lastSnapshotStartedAt.map { $0 < complete } ?? true } ?? false
        guard let next = nextSnapshot, isAwaited || next <= .now else { return }
        nextSnapshot = nil
        link.readSignatureFolder()
    }

    private mutating func actOnSnapshot(snapshotStartedAt: Instant) {
        lastSnapshotStartedAt = snapshotStartedAt
        let generations = link.withState { $0.generations }
        // If none serves, any set that loads will do; if it was half of one, the next snapshot shows it.
        guard let serving = generations.serving else { return }
        let candidate = generations.candidate
        switch watch.advice(serving: serving.snapshot, loading: candidate?.snapshot) {
        case .load:
            // At most two engines: a third may not fit into memory.
            if generations.count == 1 { load() }
        case .abandon:
            guard let candidate else { return }
            // A scanner does not read its control socket while it loads.
            end(candidate.number, killing: candidate.stage == .loading)
            link.log(.info, "signatures changed during loading") {
                $0.field("folder", link.configuration.signatures)
            }
        case .stay:
            if watch.last == serving.snapshot, watch.refused != nil {
                watch.accept()
                link.withState { $0.signatures.refusal = nil }
                link.log(.info, "signature folder holds the serving set again") { _ in }
            }
            if let candidate, let complete = candidate.completeSince, snapshotStartedAt >= complete {
                takeOver(candidate.number)
            } else if generations.count == 1, serving.crashes >= link.configuration.crashesPerScanner {
                renew(serving)
            }
        }
    }

    /// Loads the serving set once more, in a new process whose memory is laid out differently.
    private mutating func renew(_ serving: Generation) {
        link.log(.warning, "many scanner children crashed: another scanner is started") {
            $0.field("crashes", serving.crashes)
        }
        // If it fails to load, the next try comes after as many crashes.
        link.withState { state in _ = state.generations.change(serving.number) { $0.crashes = 0 } }
        load()
    }
}

extension ScannerUsage {
    /// Adds the usage of another scanner that ran after this one.
    mutating func add(_ other: ScannerUsage) {
        cpu += other.cpu
        maxResidentBytes = max(maxResidentBytes, other.maxResidentBytes)
    }
}
