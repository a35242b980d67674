/// How an intake receives messages, holds them and returns them to the queue.
package struct IntakeConfiguration: Sendable {
    /// How many objects are worked on at once.
    package var concurrency: Int
    /// How many more messages may be held, so that a free permit is used at once.
    package var buffer = 10
    /// How long a lease lasts, in whole seconds. It is extended after half of that.
    package var visibility: Duration = .seconds(60)
    /// How long one request waits on an empty queue, in whole seconds.
    package var wait: Duration = .seconds(20)
    /// The intake ends once no message is held and the queue was empty for this long; nil means that only `stop()` ends
    /// it.
    package var untilIdle: Duration?
    /// How long a message stays hidden before its retry: `base` after its first receive, doubled after each further
    /// one, at most `max`, minus a random part of up to a half.
    package var retryBase: Duration = .seconds(5)
    package var retryMax: Duration = .seconds(300)
    /// The same for unreadable messages: only another version of the software can read them.
    package var unreadableBase: Duration = .seconds(60)
    package var unreadableMax: Duration = .seconds(900)
    /// How often SQS delivers a message before it moves it to the dead-letter queue (`maxReceiveCount` of the queue's
    /// redrive policy); nil if the queue has no such policy.
    package var maxReceives: Int?
    /// How long an acknowledgement waits for others that can share its request.
    package var ackLinger: Duration = .milliseconds(200)
    /// How often an acknowledgement is tried. After that SQS delivers the message again.
    package var ackAttempts = 8
    /// How long a pending request for messages may continue after the intake is stopped.
    package var stopGrace: Duration = .seconds(1)

    package init(concurrency: Int) { self.concurrency = concurrency }

    /// Sets the concurrency and buffer of a lane: what runs, one request's worth that waits, and in the live lane the
    /// large objects that wait while smaller ones pass them, and what is held back.
    package init(_ lane: Lane, _ capacity: Capacity) {
        switch lane {
        case .live:
            self.init(concurrency: capacity.permits)
            buffer = 10 + capacity.maxWaitingLarge + capacity.maxHeldBack + 10
        case .backfill:
            self.init(concurrency: capacity.backfillPermits)
            buffer = 10 + capacity.maxHeldBack
        }
    }

    /// How many messages are held at most, including buffered ones.
    package var maxHeld: Int { concurrency + buffer }

    /// How many messages a request asks for. It is sent only when so many may be held: with 10 per request, requests
    /// and acknowledgements together are a fifth of the objects.
    var batch: Int { min(10, maxHeld) }

    /// Returns all problems of these settings, each as a sentence; none if they are valid.
    package func validate() -> [String] {
        var problems: [String] = []
        func require(_ holds: Bool, _ problem: String) { if !holds { problems.append(problem) } }
        require((1...10_000).contains(concurrency), "concurrency must be 1 to 10000, not \(concurrency)")
        require((0...10_000).contains(buffer), "buffer must be 0 to 10000, not \(buffer)")
        require(
            visibility >= .seconds(10) && visibility <= .seconds(43_200) && visibility.isWholeSeconds,
            "visibility must be whole seconds from 10 to 43200, not \(visibility)")
        require(
            wait >= .zero && wait <= .seconds(20) && wait.isWholeSeconds,
            "wait must be whole seconds from 0 to 20, not \(wait)")
        if let untilIdle { require(untilIdle >= .zero, "until-idle must not be negative, but is \(untilIdle)") }
        for (name, base, max) in [
            ("retry", retryBase, retryMax), ("unreadable", unreadableBase, unreadableMax),
        ] {
            require(base > .zero, "\(name) base must be above zero, not \(base)")
            require(
                max >= base && max <= .seconds(43_200), "\(name) max must be from its base to 43200 s, not \(max)")
        }
        if let maxReceives { require(maxReceives >= 1, "max receives must be at least 1, not \(maxReceives)") }
        require(
            ackLinger >= .zero && ackLinger <= visibility / 4,
            "ack linger must be from zero to a quarter of visibility, not \(ackLinger)")
        require(ackAttempts >= 1, "ack attempts must be at least 1, not \(ackAttempts)")
        require(stopGrace >= .zero, "stop grace must not be negative, but is \(stopGrace)")
        return problems
    }
}

extension Duration {
    var isWholeSeconds: Bool { components.attoseconds == 0 }

    /// Rounded up to whole seconds, the unit of SQS.
    var roundedUpToSeconds: Duration { .seconds(components.seconds + (components.attoseconds > 0 ? 1 : 0)) }

    var roundedDownToSeconds: Duration { .seconds(components.seconds) }
}
