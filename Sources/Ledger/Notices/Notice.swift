package import Domain

/// A notice for one destination, written in the transaction of the change that it reports.
package struct NewNotice: Sendable, Equatable {
    /// The same however often it is sent, so that the receiver recognises a repetition.
    package let id: String
    /// Identifies the destination: `sns:arn:aws:sns:eu-central-1:123456789012:outcomes`.
    package let destination: String
    /// What receivers filter by.
    package let attributes: NoticeAttributes
    /// Nil for a notice that is about no job.
    package let job: JobID?
    /// A JSON object in ASCII.
    package let body: String
    package let createdAt: Timestamp

    package init(
        id: String, destination: String, attributes: NoticeAttributes, job: JobID?, body: String, createdAt: Timestamp
    ) {
        self.id = id
        self.destination = destination
        self.attributes = attributes
        self.job = job
        self.body = body
        self.createdAt = createdAt
    }
}

/// What a notice is about.
package enum NoticeKind: String, Sendable, CaseIterable {
    /// Work on an object has begun.
    case received
    /// A job has ended.
    case outcome
    /// A person has released, deleted or recalled an object, or a purge has deleted it.
    case review
    /// Sent by `lazaret check --write`. It is never on record.
    case test
}

/// The attributes of a notice's message.
package struct NoticeAttributes: Sendable, Equatable {
    package let kind: NoticeKind
    package let pipeline: String
    package let bucket: String
    package let verdict: Verdict?
    package let disposition: Disposition?

    package init(
        kind: NoticeKind, pipeline: String, bucket: String, verdict: Verdict? = nil, disposition: Disposition? = nil
    ) {
        self.kind = kind
        self.pipeline = pipeline
        self.bucket = bucket
        self.verdict = verdict
        self.disposition = disposition
    }

    /// By name, without those that the notice lacks.
    package var byName: [String: String] {
        var named = ["kind": kind.rawValue, "pipeline": pipeline, "bucket": bucket]
        named["verdict"] = verdict?.rawValue
        named["disposition"] = disposition?.rawValue
        return named
    }
}

/// A notice in the ledger.
package struct NoticeRecord: Sendable, Equatable {
    /// Identifies it among all notices; counts up.
    package let number: Int64
    package let notice: NewNotice
    /// How often it was taken for sending.
    package let attempts: Int
    /// When it may be taken next; of a notice that is being sent, when another worker may take it.
    package let dueAt: Timestamp
    /// Nil while it is pending.
    package let sentAt: Timestamp?
    /// Why the latest attempt failed.
    package let error: String?

    /// The right to settle the attempt for which it was taken.
    package var ticket: NoticeTicket { NoticeTicket(number: number, attempt: attempts) }
}

/// Identifies an attempt to send a notice. It is stale once the notice is taken again.
package struct NoticeTicket: Sendable, Hashable {
    let number: Int64
    let attempt: Int
}

/// How an attempt to send a notice ended.
package enum NoticeResult: Sendable, Equatable {
    case sent
    /// It stays pending until a time.
    case failed(String, until: Timestamp)
    /// The same, since the destination does not take this very notice: it holds back no other one.
    case refused(String, until: Timestamp)
    /// It was not sent, since the worker stops: others may take it at once.
    case handedBack
}

/// The pending notices of a destination.
package struct NoticeBacklog: Sendable, Equatable {
    package let destination: String
    package let pending: Int
    /// When the oldest of them was written.
    package let oldest: Timestamp

    package init(destination: String, pending: Int, oldest: Timestamp) {
        self.destination = destination
        self.pending = pending
        self.oldest = oldest
    }
}

/// The conditions of a list of notices, or of a change of them. A notice must meet each that is set.
package struct NoticeQuery: Sendable, Equatable {
    package var numbers: [Int64]?
    package var destination: String?
    package var job: JobID?
    /// True for pending notices, false for sent ones.
    package var isPending: Bool?
    /// Only those with a smaller number.
    package var before: Int64?
    package var limit: Int

    package init(
        numbers: [Int64]? = nil, destination: String? = nil, job: JobID? = nil, isPending: Bool? = nil,
        before: Int64? = nil, limit: Int = 1000
    ) {
        self.numbers = numbers
        self.destination = destination
        self.job = job
        self.isPending = isPending
        self.before = before
        self.limit = limit
    }
}
