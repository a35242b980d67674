import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// Guarantees of intake and transfer that only the whole worker can show.
    @Suite struct Guarantees {
        /// Runs a worker through a proxy until its queue is idle.
        private func settle(
            _ station: StationFixture, through proxy: FaultProxy, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let exit = try await station.startWorker(environment: proxy.environment).exit(within: .seconds(60))
            try #require(exit.ending == .code(0), "\(exit.standardError)", sourceLocation: sourceLocation)
        }

        @Test func `an event that is not an upload is acknowledged without a request to S3`() async throws {
            let station = try await StationFixture("no-upload", route: nil)
            for name in ["test-event.json", "deleted.json", "eventbridge-deleted.json", "lifecycle.json"] {
                let body = try String(contentsOfFile: "\(Project.root)/samples/events/\(name)", encoding: .utf8)
                try await station.cloud.send(body, to: station.queue)
            }
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let toS3 = proxy.add { $0.bucket == nil ? nil : Fault.none }
            try await settle(station, through: proxy)
            // At its start, a worker with an empty ledger looks whether the destinations hold objects.
            let atStart = [station.media, station.quarantine].sorted().map { "ListObjectsV2 \($0)" }
            #expect(toS3.hits.map { "\($0.operation.rawValue) \($0.bucket ?? "")" } == atStart)
            #expect(toS3.hits.allSatisfy { $0.request.query.split(separator: "&").contains("max-keys=1") })
            try await station.expectDrained()
        }

        @Test func `a message is not acknowledged before the last of its records is done`() async throws {
            let station = try await StationFixture("last-record", route: nil)
            var records: [String] = []
            for number in 1...3 {
                let written = try await station.upload(Samples.text, "uploads/\(number).txt")
                records.append(
                    station.record("uploads/\(number).txt", size: Samples.text.count, etag: written.etag))
            }
            try await station.cloud.send("{\"Records\":[\(records.joined(separator: ","))]}", to: station.queue)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let last = proxy.add(.deleteObject, .holdsRequest, key: "uploads/3.txt")
            let acknowledged = proxy.add(.deleteMessageBatch, .none)
            let worker = try station.startWorker(environment: proxy.environment)
            try await last.awaitHits(1)
            #expect(try await station.cloud.awaitKeys(3, station.media) == 3)
            // By the time a later message is received, processed and acknowledged, the other records are done.
            let other = try await station.upload(Samples.text, "uploads/4.txt")
            let record = station.record("uploads/4.txt", size: Samples.text.count, etag: other.etag)
            try await station.cloud.send("{\"Records\":[\(record)]}", to: station.queue)
            try await acknowledged.awaitHits(1)
            #expect(acknowledged.hits.map(\.receipts.count) == [1])
            #expect(try await station.cloud.counts(station.queue.url).inFlight == 1)
            last.release()
            #expect(try await worker.exit(within: .seconds(60)).ending == .code(0))
            #expect(acknowledged.hits.count == 2)
            #expect(try await station.jobs().allSatisfy { $0.outcome == "settled" && $0.attempts == 1 })
            try await station.expectDrained()
        }

        @Test func `a slow object does not delay others and its lease is extended`() async throws {
            let station = try await StationFixture("slow", visibility: 10)
            try await station.upload(Samples.text, "uploads/slow.txt")
            let text = UploadOptions(type: "text/plain")
            try await station.cloud.putMany(30, size: 100, station.incoming, prefix: "uploads/n", text)
            #expect(try await station.cloud.awaitMessages(32, in: station.queue) == 32)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let slow = proxy.add(.getObject, .holdsAnswer, key: "uploads/slow.txt")
            let extended = proxy.add(.changeMessageVisibilityBatch, .none)
            let worker = try station.startWorker(["--concurrency", "2"], environment: proxy.environment)
            try await slow.awaitHits(1)
            #expect(try await station.cloud.awaitKeys(30, station.media) == 30)
            try await extended.awaitHits(1)
            slow.release()
            #expect(try await worker.exit(within: .seconds(60)).ending == .code(0))

            #expect(try await station.job("uploads/slow.txt").attempts == 1)
            #expect(try await station.keys(station.media).count == 31)
            try await station.expectDrained()
        }

        @Test func `a lost lease deletes nothing`() async throws {
            let station = try await StationFixture("lost-lease", visibility: 10)
            try await station.upload(Samples.text, "uploads/notes.txt")
            #expect(try await station.cloud.awaitMessages(2, in: station.queue) == 2)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let copied = proxy.add(.copyObject, .holdsAnswer)
            let deleted = proxy.add(.deleteObject, .none)
            let acknowledged = proxy.add(.deleteMessageBatch, .none)
            proxy.add(.changeMessageVisibilityBatch, .failedEntry("0", "ReceiptHandleIsInvalid"))
            let worker = try station.startWorker(environment: proxy.environment)
            try await copied.awaitHits(1)
            _ = try await worker.errorLine(within: .seconds(30)) { $0.contains("the lease was lost") }
            copied.release()
            let exit = try await worker.exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")

            #expect(deleted.hits.isEmpty)
            // Only the test event.
            #expect(acknowledged.hits.flatMap(\.receipts).count <= 1)
            #expect(try await station.keys(station.incoming) == ["uploads/notes.txt"])
            #expect(try await station.job("uploads/notes.txt").outcome == nil)

            // The next worker to receive the message finishes the job.
            try await station.stack.letTimePass(.seconds(60), in: station.queue)
            try await station.settle()
            #expect(try await station.job("uploads/notes.txt").disposition == "promoted")
            #expect(try await station.keys(station.incoming).isEmpty)
            #expect(try await station.keys(station.media) == ["permanent/notes.txt"])
            try await station.expectDrained()
        }

        @Test func `a message that always fails reaches the dead-letter queue`() async throws {
            let station = try await StationFixture("always-fails", route: nil, receives: 2)
            let written = try await station.upload(Samples.text, "uploads/notes.txt")
            let record = station.record("uploads/notes.txt", size: Samples.text.count, etag: written.etag)
            try await station.cloud.send("{\"Records\":[\(record)]}", to: station.queue)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let refused = proxy.add(.getObject, .error(403, "AccessDenied"))
            let acknowledged = proxy.add(.deleteMessageBatch, .none)
            for _ in 1...3 {
                try await settle(station, through: proxy)
                try await station.stack.letTimePass(.seconds(1000), in: station.queue)
            }

            #expect(refused.hits.count == 2)
            #expect(acknowledged.hits.isEmpty)
            #expect(try await station.keys(station.incoming) == ["uploads/notes.txt"])
            let job = try await station.job("uploads/notes.txt")
            #expect(job.outcome == nil && job.attempts == 2 && job.error?.contains("AccessDenied") == true)
            let dead = try #require(station.queue.deadLetters)
            #expect(try await station.cloud.counts(station.queue.url) == .none)
            #expect(try await station.cloud.take(1, from: dead).count == 1)
        }

        @Test(arguments: [false, true])
        func `every request for an object is pinned to the version or ETag that was read`(versioned: Bool) async throws
        {
            let station = try await StationFixture(
                "pinned-\(versioned)", versioned: versioned, rules: StationFixture.laxRules)
            let written = try await station.cloud.putLarge(size: 9 << 20, station.incoming, "a.bin")
            #expect(try await station.cloud.awaitMessages(2, in: station.queue) == 2)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let incoming = station.incoming
            let seen = proxy.add { call in
                call.bucket == incoming || call.copySource?.hasPrefix(incoming) == true ? Fault.none : nil
            }
            try await settle(station, through: proxy)

            let operations = seen.hits.map(\.operation)
            #expect(operations.count { $0 == .getObject } == 2)
            #expect(operations.contains(.copyObject) && operations.contains(.deleteObject))
            for call in seen.hits {
                let isCopy = call.copySource != nil
                if let version = written.version {
                    let text = isCopy ? call.request["x-amz-copy-source"] : call.request.query
                    #expect(text?.hasSuffix("versionId=\(version)") == true, "\(call.operation)")
                } else {
                    let condition = call.request[isCopy ? "x-amz-copy-source-if-match" : "if-match"]
                    #expect(condition != nil, "\(call.operation)")
                }
            }
            #expect(try await station.cloud.versions(station.incoming).isEmpty)
            try await station.expectDrained()
        }

        @Test func `an object rejected by its first range is fetched no further`() async throws {
            let station = try await StationFixture("no-further")
            // Random bytes, whose type is not accepted.
            _ = try await station.cloud.putLarge(size: 30 << 20, station.incoming, "uploads/large.bin")
            #expect(try await station.cloud.awaitMessages(2, in: station.queue) == 2)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let fetched = proxy.add(.getObject, .none)
            try await settle(station, through: proxy)
            #expect(fetched.hits.count == 1)
            #expect(fetched.hits.first?.request["range"] == "bytes=0-\((4 << 20) - 1)")
            #expect(try await station.job("uploads/large.bin").verdict == "rejected")
            try await station.expectDrained()
        }
    }
}
