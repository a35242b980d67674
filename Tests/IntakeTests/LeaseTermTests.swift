import AWS
import Testing

@testable import Intake

@Suite struct LeaseTermTests {
    private func term(receivedAt: Duration = .zero) -> LeaseTerm {
        LeaseTerm(receivedAt: receivedAt, visibility: .seconds(60))
    }

    @Test func `a lease is extended after half its duration and not before`() {
        var term = term(receivedAt: .seconds(100))
        #expect(term.tick(now: .seconds(100)) == .wait(until: .seconds(130)))
        #expect(term.tick(now: .seconds(129.9)) == .wait(until: .seconds(130)))
        #expect(term.tick(now: .seconds(130)) == .extend(by: .seconds(60)))
    }

    @Test func `the deadline counts from when the request was sent and moves only when it succeeded`() {
        var term = term()
        let first = term.deadline
        #expect(first <= .seconds(60))
        #expect(term.tick(now: .seconds(30)) == .extend(by: .seconds(60)))
        #expect(term.tick(now: .seconds(40)) == .wait(until: first))
        #expect(term.deadline == first)
        term.extended(by: .seconds(60), from: .seconds(30))
        #expect(term.deadline == first + .seconds(30))
        #expect(term.tick(now: .seconds(45)) == .wait(until: .seconds(60)))
    }

    @Test func `a failed extension is retried before the same deadline`() {
        var term = term()
        let deadline = term.deadline
        _ = term.tick(now: .seconds(30))
        var tries = 0
        var now: Duration = .seconds(30)
        while term.loss == nil {
            term.notExtended(now: now)
            #expect(term.deadline == deadline)
            guard case .wait(let next) = term.tick(now: now) else {
                Issue.record("the lease must wait before the next try")
                return
            }
            #expect(next > now && next <= deadline)
            now = next
            if case .extend = term.tick(now: now) { tries += 1 }
        }
        #expect(tries >= 5)
        #expect(term.loss == .expired)
        #expect(now == deadline)
    }

    @Test func `a lost lease stays lost`() {
        var term = term()
        _ = term.tick(now: .seconds(30))
        #expect(term.tick(now: .seconds(60)) == .over)
        term.extended(by: .seconds(60), from: .seconds(30))
        #expect(term.tick(now: .seconds(61)) == .over)
        #expect(term.loss == .expired)
        term.lose(.taken("late"))
        #expect(term.loss == .expired)
    }

    @Test func `a lease ends twelve hours after receipt`() {
        let received: Duration = .seconds(7)
        var term = term(receivedAt: received)
        var now = received
        var farthest: Duration = .zero
        while true {
            switch term.tick(now: now) {
            case .wait(let next): now = next
            case .extend(let time):
                #expect(time.isWholeSeconds)
                farthest = max(farthest, now + time)
                term.extended(by: time, from: now)
            case .over:
                #expect(term.loss == .tooOld)
                #expect(farthest <= received + .seconds(43_200))
                #expect(now <= received + .seconds(43_200) && now >= received + .seconds(43_190))
                return
            }
        }
    }

    @Test func `a lease that SQS refuses to extend lasts until its deadline`() {
        var term = term()
        let deadline = term.deadline
        _ = term.tick(now: .seconds(30))
        term.refused()
        #expect(term.tick(now: .seconds(31)) == .wait(until: deadline))
        #expect(term.loss == nil)
        #expect(term.tick(now: deadline) == .over)
        #expect(term.loss == .tooOld)
    }
}

@Suite struct BatchFailureMeaningTests {
    @Test(arguments: [
        ("ReceiptHandleIsInvalid", "", SQSBatchFailure.Meaning.lost),
        ("MessageNotInflight", "", .lost), ("AWS.SimpleQueueService.MessageNotInflight", "", .lost),
        (
            "InvalidParameterValue",
            "Value AQEB for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for "
                + "visibility timeout change.", .lost
        ),
        (
            "InvalidParameterValue",
            "Value 60 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is "
                + "beyond the limit [43200 seconds].", .tooOld
        ),
        ("InvalidParameterValue", "something else", .transient), ("InternalError", "ReceiptHandle", .transient),
        ("RequestThrottled", "", .transient), ("", "", .transient),
    ])
    func `an error code says whether the lease is lost`(code: String, message: String, meaning: SQSBatchFailure.Meaning)
    {
        #expect(SQSBatchFailure(code: code, message: message, isSenderFault: false).meaning == meaning)
    }
}
