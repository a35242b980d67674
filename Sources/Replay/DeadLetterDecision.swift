import Domain
import Intake
import Ledger

/// What to do with a message of a dead-letter queue. Either all of its records are sent, or none.
enum DeadLetterDecision: Equatable {
    /// Reopen the jobs of these events that have ended, which are listed in `ended`, and send the message.
    case send([Event], ended: Set<JobID>)
    /// Its jobs are done: it is a leftover that a worker would only acknowledge.
    case acknowledge([Event])
    /// It can't be read, for this reason, and is to be deleted.
    case discard(String)
    /// Leave it where it is, for this reason.
    case leave(String)
    case leaveHeld(Event, ReplayDecision.Reason)
    /// The selection does not include it.
    case skip

    /// - Parameters:
    ///   - records: the ledger's records of the jobs of the body's events.
    ///   - firstReceivedAt: when the message was first received; used if an event has no time.
    init(
        for body: MessageBody, knowing records: [JobID: JobRecord], _ selection: ReplaySelection,
        firstReceivedAt: Timestamp?, now: Timestamp
    ) {
        if selection.unreadableOnly {
            self = body.reasonWhollyUnreadable.map { .discard($0) } ?? .skip
            return
        }
        guard case .records(let all) = body else {
            if case .unreadable(let reason) = body {
                self = .leave("can't be read: \(reason)")
            } else {
                self = selection.isEverything ? .send([], ended: []) : .skip
            }
            return
        }
        let (events, unreadable) = (all.events, all.firstUnreadable)
        let isSelected = events.contains { event in
            selection.includes(event, records[JobID(of: event)], sentAt: event.time ?? firstReceivedAt)
        }
        if let unreadable, events.isEmpty {
            self = .leave("can't be read: \(unreadable)")
        } else if !isSelected {
            // A message without events: a worker acknowledges it without work.
            self =
                events.isEmpty
                ? (selection.isEverything ? .send([], ended: []) : .skip)
                : Self.leftover(of: events, isReadable: unreadable == nil, knowing: records, selection, now: now)
        } else {
            self.init(
                of: events, unreadable: unreadable, knowing: records, includesGone: selection.includesGone, now: now)
        }
    }

    /// A message that was not selected is deleted nevertheless if all of its jobs have ended and nothing is left to do
    /// about them: it would keep the queue's alarm on. Only the conditions on objects can keep it.
    private static func leftover(
        of events: [Event], isReadable: Bool, knowing records: [JobID: JobRecord], _ selection: ReplaySelection,
        now: Timestamp
    ) -> DeadLetterDecision {
        let isDone = events.allSatisfy { event in
            guard selection.mayInclude(event), let record = records[JobID(of: event)], record.outcome != nil else {
                return false
            }
            return record.isDone(at: now)
        }
        return isReadable && isDone ? .acknowledge(events) : .skip
    }

    private init(
        of events: [Event], unreadable: String?, knowing records: [JobID: JobRecord], includesGone: Bool, now: Timestamp
    ) {
        var (toSend, ended): ([Event], Set<JobID>) = ([], [])
        for event in events {
            guard let record = records[JobID(of: event)] else {
                toSend.append(event)
                continue
            }
            switch ReplayDecision(for: record, includesGone: includesGone, start: nil, now: now) {
            case .leave(.held(let holder, let until)):
                self = .leaveHeld(event, .held(by: holder, until: until))
                return
            // A kept object may be kept by its pipeline's rules. A replay from the ledger judges it again.
            case .reopen where record.disposition == .kept, .leave: break
            case .reopen:
                toSend.append(event)
                ended.insert(record.job.id)
            case .send: toSend.append(event)
            }
        }
        if !toSend.isEmpty {
            self = .send(toSend, ended: ended)
        } else if let unreadable {
            self = .leave("its jobs are done, but a record can't be read: \(unreadable)")
        } else {
            self = .acknowledge(events)
        }
    }
}

extension [MessageBody.Record] {
    var events: [Event] {
        compactMap { record in
            if case .created(let event) = record { event } else { nil }
        }
    }

    fileprivate var firstUnreadable: String? {
        for case .unreadable(let reason) in self { return reason }
        return nil
    }
}

extension JobRecord {
    /// Whether the job has ended in a way that no replay changes.
    fileprivate func isDone(at now: Timestamp) -> Bool {
        if disposition == .kept { return true }
        switch ReplayDecision(for: self, includesGone: false, start: nil, now: now) {
        case .leave(.held): return false
        case .leave: return true
        case .reopen, .send: return false
        }
    }
}

extension MessageBody {
    /// Why nothing of it can be read; nil if something can.
    fileprivate var reasonWhollyUnreadable: String? {
        switch self {
        case .unreadable(let reason): reason
        case .test: nil
        case .records(let records):
            records.allSatisfy { if case .unreadable = $0 { true } else { false } } ? records.firstUnreadable : nil
        }
    }
}
