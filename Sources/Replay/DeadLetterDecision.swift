import Domain
import Intake
import Ledger

/// What is to be done about a message of a dead-letter queue. All of its records go, or none.
enum DeadLetterDecision: Equatable {
    /// The jobs of these events are opened where they have ended, as `ended` says, and the message is sent on.
    case send([Event], ended: Set<JobID>)
    /// Its jobs are done: it is a leftover, and all it would come to is an acknowledgement.
    case acknowledge([Event])
    case leave(String)
    case leaveHeld(Event, ReplayDecision.Reason)
    /// Something else was asked for.
    case pass

    /// - Parameters:
    ///   - records: what the ledger knows of the jobs of the body's events.
    ///   - firstReceivedAt: of the message; stands in for the time of an event that has none.
    init(
        for body: MessageBody, knowing records: [JobID: JobRecord], _ selection: ReplaySelection,
        firstReceivedAt: Timestamp?, now: Timestamp
    ) {
        guard case .records(let all) = body else {
            if case .unreadable(let reason) = body {
                self = .leave("can't be read: \(reason)")
            } else {
                self = selection.isEverything ? .send([], ended: []) : .pass
            }
            return
        }
        let (events, unreadable) = (all.events, all.firstUnreadable)
        let isMeant = events.contains { event in
            selection.takes(event, records[JobID(of: event)], sentAt: event.time ?? firstReceivedAt)
        }
        if let unreadable, events.isEmpty {
            self = .leave("can't be read: \(unreadable)")
        } else if !isMeant {
            // No event at all: the worker acknowledges it without work.
            self = events.isEmpty && selection.isEverything ? .send([], ended: []) : .pass
        } else {
            self.init(of: events, unreadable: unreadable, knowing: records, takesGone: selection.takesGone, now: now)
        }
    }

    private init(
        of events: [Event], unreadable: String?, knowing records: [JobID: JobRecord], takesGone: Bool, now: Timestamp
    ) {
        var (toOpen, ended): ([Event], Set<JobID>) = ([], [])
        for event in events {
            guard let record = records[JobID(of: event)] else {
                toOpen.append(event)
                continue
            }
            switch ReplayDecision(for: record, takesGone: takesGone, start: nil, now: now) {
            case .leave(.held(let holder, let until)):
                self = .leaveHeld(event, .held(by: holder, until: until))
                return
            // Kept is what its rules ask for, too; who wants it judged anew asks the ledger for it.
            case .reopen where record.disposition == .kept, .leave: break
            case .reopen:
                toOpen.append(event)
                ended.insert(record.job.id)
            case .send: toOpen.append(event)
            }
        }
        if !toOpen.isEmpty {
            self = .send(toOpen, ended: ended)
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
