import AWS
import Domain
import Support
import TestKit
import Testing
import Transfer

@testable import Worker

struct CircuitBreakerTests {
    private func job(_ number: Int) -> JobID { JobID(String(repeating: "0", count: 28) + String(1000 + number))! }

    @Test func `one job that fails again and again does not open the breaker`() {
        var breaker = CircuitBreaker()
        for _ in 0..<50 { #expect(breaker.failed(job(1), .denied, now: .zero).blame == .undecided) }
        #expect(!breaker.isOpen)
    }

    @Test func `as many jobs as the threshold with one fault open it, once`() {
        var breaker = CircuitBreaker()
        #expect(breaker.failed(job(1), .failing, now: .zero) == (.undecided, false))
        #expect(breaker.failed(job(2), .failing, now: .zero) == (.undecided, false))
        #expect(breaker.failed(job(9), .denied, now: .zero) == (.undecided, false))
        #expect(breaker.failed(job(3), .failing, now: .zero) == (.service, true))
        #expect(breaker.failed(job(4), .failing, now: .zero) == (.service, false))
        #expect(breaker.isOpen)
    }

    @Test func `a success in between starts the count again`() {
        var breaker = CircuitBreaker()
        for round in 0..<20 {
            for number in [1, 2] { #expect(!breaker.failed(job(number), .failing, now: .zero).hasOpened) }
            #expect(breaker.succeeded(job(100 + round), now: .zero) == nil)
        }
        #expect(!breaker.isOpen)
    }

    @Test func `a fault that no object can cause opens it at the first job`() {
        for fault in [StoreFault.unreachable, .credentials, .throttled, .missingBucket] {
            var breaker = CircuitBreaker()
            #expect(breaker.failed(job(1), fault, now: .zero) == (.service, true))
        }
    }

    @Test func `a job that fails while others succeed has a fault of its own`() {
        var breaker = CircuitBreaker()
        #expect(breaker.failed(job(1), .throttled, now: .zero).blame == .service)
        #expect(breaker.succeeded(job(2), now: .seconds(3)) == .seconds(3))
        #expect(breaker.failed(job(1), .throttled, now: .seconds(4)).blame == .object)
        #expect(!breaker.isOpen)
    }

    @Test func `in a brown-out with a rare success a failing job is not to blame`() {
        var breaker = CircuitBreaker()
        for number in 1...30 { _ = breaker.failed(job(number), .throttled, now: .zero) }
        _ = breaker.succeeded(job(31), now: .zero)
        for number in 1...29 { #expect(breaker.failed(job(number), .throttled, now: .zero).blame == .service) }
    }

    @Test func `probes have growing pauses, until one succeeds`() throws {
        var breaker = CircuitBreaker()
        _ = breaker.failed(job(1), .throttled, now: .zero, jitter: 1)
        var (now, pauses) = (Duration.zero, [Duration]())
        for _ in 0..<7 {
            let due = try #require(breaker.nextProbe)
            pauses.append(due - now)
            now = due
            breaker.probe(with: job(1))
            #expect(breaker.nextProbe == nil)
            _ = breaker.failed(job(1), .throttled, now: now, jitter: 1)
        }
        #expect(pauses == [1, 2, 4, 5, 5, 5, 5].map { .seconds($0) })
        breaker.probe(with: job(2))
        breaker.stopProbing(with: job(2))
        #expect(breaker.nextProbe != nil, "a probe without a result makes room for the next")
        #expect(breaker.succeeded(job(3), now: now) == now)
        #expect(breaker.nextProbe == nil)
    }

    @Test func `a job that fails three times, each time after a success of another, has a fault of its own`() {
        var breaker = CircuitBreaker()
        for number in 1...9 { _ = breaker.failed(job(number), .throttled, now: .zero) }
        for round in 1...3 {
            _ = breaker.succeeded(job(100 + round), now: .zero)
            for number in 1...9 {
                let expected: CircuitBreaker.Blame = round < 3 && number > 1 ? .service : .object
                if number > 1 { #expect(breaker.failed(job(number), .throttled, now: .zero).blame == expected) }
            }
        }
    }

    @Test func `the failures of probes that went together count as one`() {
        var breaker = CircuitBreaker()
        for number in 1...4 { _ = breaker.failed(job(number), .throttled, now: .zero, jitter: 1) }
        for number in 1...4 { breaker.probe(with: job(number)) }
        for number in 1...4 { _ = breaker.failed(job(number), .throttled, now: .seconds(1), jitter: 1) }
        #expect(breaker.nextProbe == .seconds(3))
    }

    @Test(arguments: [StoreFault.denied, .keyUnavailable])
    func `while others succeed, a lasting fault is the object's at its second failure`(fault: StoreFault) {
        var breaker = CircuitBreaker()
        for number in 1...2 { #expect(breaker.failed(job(number), fault, now: .zero).blame == .undecided) }
        _ = breaker.succeeded(job(100), now: .zero)
        for number in 1...2 { #expect(breaker.failed(job(number), fault, now: .zero) == (.object, false)) }
        // Without a success since then, too, and beside others that fail for the first time.
        for number in 1...2 { #expect(breaker.failed(job(number), fault, now: .zero) == (.object, false)) }
        for number in 3...4 { #expect(breaker.failed(job(number), fault, now: .zero).blame == .undecided) }
        #expect(!breaker.isOpen)
        #expect(breaker.failed(job(5), fault, now: .zero) == (.service, true))
    }

    @Test func `an outage is found although all jobs that are left have had a fault of their own`() {
        var breaker = CircuitBreaker()
        let jobs = 1...CircuitBreaker.maxOwnFaults
        for number in jobs { _ = breaker.failed(job(number), .denied, now: .zero) }
        _ = breaker.succeeded(job(100), now: .zero)
        for number in jobs.dropLast() { #expect(breaker.failed(job(number), .denied, now: .zero).blame == .object) }
        for number in jobs.dropLast() { #expect(breaker.failed(job(number), .denied, now: .zero).blame == .object) }
        #expect(breaker.failed(job(jobs.upperBound), .denied, now: .zero) == (.service, true))
        for number in jobs { #expect(breaker.failed(job(number), .denied, now: .zero) == (.service, false)) }
    }

    @Test func `a job that succeeds has no fault of its own any more`() {
        var breaker = CircuitBreaker()
        _ = breaker.failed(job(1), .denied, now: .zero)
        _ = breaker.succeeded(job(2), now: .zero)
        #expect(breaker.failed(job(1), .denied, now: .zero).blame == .object)
        _ = breaker.succeeded(job(1), now: .zero)
        #expect(breaker.failed(job(1), .denied, now: .zero).blame == .undecided)
    }

    @Test func `what it remembers is bounded`() {
        var breaker = CircuitBreaker()
        for number in 0..<8000 { _ = breaker.failed(job(number), .throttled, now: .zero) }
        #expect(MemoryLayout.size(ofValue: breaker) < 200)
        #expect(breaker.remembered <= CircuitBreaker.maxSuspects + 3)
    }

    static let faults: [(AWSError, StoreFault?)] = [
        (.s3("SlowDown", 503, .throttled), .throttled), (.s3("InternalError", 500, .transient), .failing),
        (.s3("AccessDenied", 403, .denied), .denied), (.s3("NoSuchBucket", 404, .notFound), .missingBucket),
        (.s3("ExpiredToken", 400, .credentials), .credentials), (.s3("NoCredentials", nil, .credentials), .credentials),
        (.s3("connectFailed", nil, .unreachable), .unreachable), (.s3("timedOut", nil, .timedOut), .failing),
        (.s3("KMS.DisabledException", 400, .invalid), .keyUnavailable), (.s3("NoSuchKey", 404, .notFound), nil),
        (.s3("PreconditionFailed", 412, .preconditionFailed), nil), (.s3("InvalidRequest", 400, .invalid), nil),
        (.s3("Cancelled", nil, .cancelled), nil), (.s3("InvalidObjectState", 403, .denied), nil),
    ]

    @Test(arguments: faults) func `an error of S3 is the service's fault or none`(error: AWSError, fault: StoreFault?) {
        #expect(StoreFault(TransferError.store(error)) == fault)
    }

    /// Whatever STS answers, the credentials are missing, and not the object.
    @Test(arguments: AWSError.Kind.allCases)
    func `an error of STS is the credentials' fault`(kind: AWSError.Kind) {
        let error = AWSError(kind: kind, code: "AccessDenied", service: .sts, message: "", hint: "")
        #expect(StoreFault(TransferError.store(error)) == (kind == .cancelled ? nil : .credentials))
    }

    @Test func `an object that is gone, replaced or refused is no fault of the service`() {
        for error in [
            TransferError.gone, .superseded, .refused("archived"), .mismatchedBytes("other"), .untrustworthy(""),
        ] {
            #expect(StoreFault(error) == nil)
        }
    }
}

extension AWSError {
    fileprivate static func s3(_ code: String, _ status: Int?, _ kind: Kind) -> AWSError {
        AWSError(kind: kind, code: code, service: .s3, status: status, message: "", hint: "")
    }
}
