/// How the intake receives, holds and gives back.
package struct IntakeConfiguration: Sendable {
    /// How many objects are worked on at a time.
    package var concurrency: Int
    /// How many messages may be held beyond those worked on, so that a free hand finds one at once.
    package var buffer = 10
    /// How long a lease lasts; it is renewed at half of it. Whole seconds.
    package var visibility: Duration = .seconds(60)
    /// How long an empty queue is waited on in one request. Whole seconds.
    package var wait: Duration = .seconds(20)
    /// The intake ends once nothing is held and the queue gave nothing for this long; nil: it never ends by itself.
    package var untilIdle: Duration?
    /// How long a message that is to be tried again stays hidden: `base` after its first receipt, twice as long after
    /// each further one, `max` at most; less a random part of up to a half.
    package var retryBase: Duration = .seconds(5)
    package var retryMax: Duration = .seconds(300)
    /// The same for messages that can't be read: trying them again helps only once the software is another.
    package var unreadableBase: Duration = .seconds(60)
    package var unreadableMax: Duration = .seconds(900)
    /// How often the queue gives a message before it moves it to the dead-letter queue (`maxReceiveCount` of the queue's
    /// redrive policy); nil where it has none.
    package var maxReceives: Int?
    /// How long an acknowledgement waits for others to share its request with.
    package var ackLinger: Duration = .milliseconds(200)
    /// How often an acknowledgement is tried before the message is left to come again.
    package var ackAttempts = 8
    /// How long a request for messages that is under way when the intake is stopped may still bring some.
    package var stopGrace: Duration = .seconds(1)

    package init(concurrency: Int) { self.concurrency = concurrency }

    /// With room for what a lane may hold under some shares: what is under way, a request's worth that is not, and in the
    /// live lane the large ones that wait while smaller ones pass.
    package init(_ lane: Lane, _ shares: Capacity) {
        switch lane {
        case .live:
            self.init(concurrency: shares.places)
            buffer = 10 + shares.largeWaiting + 10
        case .backfill: self.init(concurrency: shares.backfillPlaces)
        }
    }

    /// How many messages are held at most, buffered ones included.
    package var capacity: Int { concurrency + buffer }

    /// How many messages a request asks for. It is made only when so many are free: 10 a request is what keeps the
    /// number of requests at a fifth of that of objects, acknowledgements included.
    var batch: Int { min(10, capacity) }

    /// Everything that is wrong with these settings, each as a sentence; nothing where they can be used.
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

    /// In whole seconds, rounded up: what SQS counts in.
    var roundedUpToSeconds: Duration { .seconds(components.seconds + (components.attoseconds > 0 ? 1 : 0)) }

    var roundedDownToSeconds: Duration { .seconds(components.seconds) }
}
