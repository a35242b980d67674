import Support
import TestKit
import Testing

extension EndToEnd {
    /// Faults between a worker and the cloud.
    @Suite struct Faults {
        /// A fault of the first request of one operation for one object.
        struct Transient: Sendable {
            let name: String
            let operation: CloudOperation
            let fault: Fault
        }

        static let ofAnyRequest: [(String, Fault)] = [
            ("error", .internalError), ("slow-down", .slowDown), ("reset", .reset), ("lost", .lostAnswer),
        ]
        static let transient: [Transient] =
            [CloudOperation.getObject, .copyObject, .deleteObject].flatMap { operation in
                ofAnyRequest.map { Transient(name: $0.0, operation: operation, fault: $0.1) }
            } + [
                Transient(name: "cut", operation: .getObject, fault: .cut(after: 7)),
                Transient(name: "range", operation: .getObject, fault: .header("Content-Range", "bytes 1-21/22")),
                Transient(name: "total", operation: .getObject, fault: .header("Content-Range", "bytes 0-20/40")),
                Transient(name: "etag", operation: .getObject, fault: .header("ETag", "\"0123456789abcdef\"")),
                Transient(name: "inside", operation: .copyObject, fault: .errorInGoodAnswer("InternalError")),
                Transient(name: "inside-slow", operation: .copyObject, fault: .errorInGoodAnswer("SlowDown")),
                Transient(name: "empty", operation: .copyObject, fault: .changes { _ in .status(200) }),
            ]

        @Test func `a transient fault of S3 costs no attempt and no byte`() async throws {
            let station = try await StationFixture("passing")
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            var rules: [(key: String, rule: FaultRule)] = []
            for one in Self.transient {
                let key = "uploads/\(one.operation.rawValue)-\(one.name).txt"
                rules.append((key, proxy.add(one.operation, one.fault, key: key, times: 1)))
                try await station.upload(Samples.text, key)
            }
            let exit = try await station.startWorker(environment: proxy.environment).exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")

            for (key, rule) in rules { #expect(rule.hits.count == 1, "no fault for \(key)") }
            let jobs = try await station.jobs()
            #expect(jobs.count == rules.count)
            for job in jobs {
                #expect(job.disposition == "promoted" && job.attempts == 1, "\(job.key): \(job.error ?? "")")
                let stored = try await station.cloud.get(station.media, job.destination?.key ?? "")
                #expect(stored?.bytes == Samples.text, "\(job.key)")
            }
            #expect(try await station.keys(station.incoming).isEmpty)
            #expect(try await station.keys(station.media).count == rules.count)
            try await station.expectDrained()
        }

        @Test func `a transient fault of SQS loses no message and no acknowledgement`() async throws {
            let station = try await StationFixture("passing-sqs")
            try await station.cloud.putMany(
                25, size: 100, station.incoming, prefix: "uploads/", .init(type: "text/plain"))
            #expect(try await station.cloud.awaitMessages(26, in: station.queue) == 26)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            proxy.add(.getQueueAttributes, .internalError, times: 1)
            // None of these receive requests reaches the queue: messages of a lost answer would stay hidden for a
            // lease.
            proxy.add(
                .receiveMessage,
                inTurn: [.internalError, .none, .reset, .slowDown, .answers(.status(200, "{\"Messages\":[{"))])
            proxy.add(
                .deleteMessageBatch, inTurn: [.internalError, .none, .reset, .answers(.status(200)), .lostAnswer])
            let exit = try await station.startWorker(environment: proxy.environment).exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")

            let jobs = try await station.jobs()
            #expect(jobs.count == 25 && jobs.allSatisfy { $0.disposition == "promoted" && $0.attempts == 1 })
            #expect(try await station.keys(station.media).count == 25)
            try await station.expectDrained()
        }

        @Test func `duplicated and reordered messages are settled once`() async throws {
            let station = try await StationFixture("twice-and-reversed")
            try await station.cloud.putMany(
                25, size: 100, station.incoming, prefix: "uploads/", .init(type: "text/plain"))
            #expect(try await station.cloud.awaitMessages(26, in: station.queue) == 26)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            proxy.add(.receiveMessage, .messagesTwice, times: 2)
            proxy.add(.receiveMessage, .messagesReversed)
            let copies = proxy.add(.copyObject, .none)
            let exit = try await station.startWorker(environment: proxy.environment).exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")

            #expect(copies.hits.count == 25)
            let jobs = try await station.jobs()
            #expect(jobs.count == 25 && jobs.allSatisfy { $0.disposition == "promoted" && $0.attempts == 1 })
            #expect(try await station.keys(station.media).count == 25)
            #expect(try await station.keys(station.incoming).isEmpty)
            try await station.expectDrained()
        }

        @Test func `only the failed entries of a batch delete are retried`() async throws {
            let station = try await StationFixture("failed-entries")
            try await station.cloud.putMany(
                8, size: 100, station.incoming, prefix: "uploads/", .init(type: "text/plain"))
            #expect(try await station.cloud.awaitMessages(9, in: station.queue) == 9)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            // The first entry of each of three batches fails.
            let rule = proxy.add(.deleteMessageBatch, .failedEntry("0", "InternalError"), times: 3)
            let all = proxy.add(.deleteMessageBatch, .none)
            let exit = try await station.startWorker(environment: proxy.environment).exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")

            let receipts = (rule.hits + all.hits).flatMap(\.receipts)
            // Each of the three failures costs its own entry one more request, and the others none.
            #expect(Set(receipts).count == 9 && receipts.count == 9 + 3)
            let refused = Set(rule.hits.compactMap(\.receipts.first))
            for receipt in Set(receipts) {
                #expect((receipts.count { $0 == receipt } > 1) == refused.contains(receipt))
            }
            #expect(try await station.keys(station.media).count == 8)
            try await station.expectDrained()
        }

        @Test(arguments: ["while it is fetched", "before the copy", "before the delete"])
        func `an overwrite is left to its own job`(when: String) async throws {
            let name = "overwritten-" + when.split(separator: " ").last!
            let station = try await StationFixture(name, rules: StationFixture.laxRules)
            let old = try await station.cloud.putLarge(size: 9 << 20, station.incoming, "a.bin")
            #expect(try await station.cloud.awaitMessages(2, in: station.queue) == 2)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let rule =
                switch when {
                // After the first range, before the rest.
                case "while it is fetched": proxy.add(.getObject, .holdsRequest, skipping: 1, times: 1)
                case "before the copy": proxy.add(.copyObject, .holdsRequest, times: 1)
                default: proxy.add(.deleteObject, .holdsRequest, times: 1)
                }
            let worker = try station.startWorker(environment: proxy.environment)
            try await rule.awaitHits(1)
            let new = try await station.upload(Samples.text, "a.bin")
            rule.release()
            let exit = try await worker.exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")

            let jobs = try await station.jobs()
            let first = jobs.first { $0.etag == old.etag }, second = jobs.first { $0.etag == new.etag }
            #expect(jobs.count == 2)
            #expect(first?.outcome == (when == "before the delete" ? "settled" : "superseded"))
            #expect(second?.outcome == "settled" && second?.disposition == "promoted")
            #expect(try await station.cloud.get(station.media, "a.bin")?.bytes == Samples.text)
            #expect(try await station.keys(station.incoming).isEmpty)
            #expect(try await station.keys(station.media) == ["a.bin"])
            try await station.expectDrained()
        }
    }
}

extension FaultProxy {
    /// Injects one fault into each of the first requests of an operation, in this order.
    fileprivate func add(_ operation: CloudOperation, inTurn faults: [Fault]) {
        let next = Locked(0)
        add(times: faults.count) { call in
            guard call.operation == operation else { return nil }
            return next.withLock { next in
                defer { next += 1 }
                return next < faults.count ? faults[next] : nil
            }
        }
    }
}
