import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// A worker that is killed while it works on messages of a backfill and on those of live uploads of the same key.
    @Suite struct BackfillCrashes {
        enum Moment: String, CaseIterable {
            case fetching, recorded, copied, deleting, deleted, finished

            /// - Parameter etags: of the uploads. The first delete may be a probe whose condition matches none.
            func rule(of proxy: FaultProxy, _ etags: [String]) -> FaultRule {
                let isMeant: @Sendable (CloudCall) -> Bool = { call in
                    call.request["if-match"].map { etags.contains($0.filter { $0 != "\"" }) } ?? true
                }
                return switch self {
                case .fetching: proxy.add(.getObject, .holdsAnswer)
                case .recorded: proxy.add(.copyObject, .holdsRequest)
                case .copied: proxy.add(.copyObject, .holdsAnswer)
                case .deleting: proxy.add(.deleteObject, .holdsRequest, where: isMeant)
                case .deleted: proxy.add(.deleteObject, .holdsAnswer, where: isMeant)
                case .finished: proxy.add(.deleteMessageBatch, .holdsRequest)
                }
            }
        }

        /// The object that the backfill sends.
        enum Backfilled: String, CaseIterable {
            /// An earlier upload, which the live one overwrites before the worker starts.
            case earlier
            /// The live upload, whose own message waits.
            case same
        }

        @Test(arguments: Backfilled.allCases, [false, true])
        func `a kill beside a backfill leaves the newest upload in its place, once`(
            _ backfilled: Backfilled, isVersioned: Bool
        ) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for moment in Moment.allCases {
                    group.addTask { try await killed(at: moment, backfilled, isVersioned) }
                }
                try await group.waitForAll()
            }
        }

        private static let key = "daily/a.txt"

        private func killed(at moment: Moment, _ backfilled: Backfilled, _ isVersioned: Bool) async throws {
            let station = try await StationFixture(
                "backfill-\(backfilled.rawValue)-\(moment.rawValue)-\(isVersioned)", versioned: isVersioned,
                route: nil, visibility: 10, rules: StationFixture.laxRules)
            let cloud = station.cloud
            // A backfill needs a ledger.
            try await station.settle()
            var etags: [String] = []
            let live = Array("Live.\n".utf8)
            if backfilled == .earlier {
                etags.append(try await station.upload(Samples.text, Self.key).etag)
                try await backfill(station)
            }
            try await cloud.notify(station.queue, of: station.incoming)
            etags.append(try await station.upload(live, Self.key).etag)
            if backfilled == .same { try await backfill(station) }
            // The test event is among them.
            try #require(try await cloud.awaitMessages(3, in: station.queue) == 3)

            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            // A worker that has acknowledged the test event alone has not finished anything.
            let isFinish = moment == .finished
            let rule = moment.rule(of: proxy, etags)
            proxy.add(.receiveMessage, .holdsRequest, skipping: 1)
            let worker = try station.startWorker(idle: nil, ["--scanners", "1"], environment: proxy.environment)
            try await rule.awaitHits(1)
            if isFinish {
                while try await !station.jobs().contains(where: { $0.finishedAt != nil }) {
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            worker.send(SIGKILL)
            #expect(try await worker.exit(within: .seconds(30)).ending == .signal(SIGKILL))
            // A request to extend a lease may still reach the queue.
            for _ in 1...3 where try await cloud.counts(station.queue.url) != .none {
                try await station.stack.letTimePass(.seconds(60), in: station.queue)
                try await station.settle(["--scanners", "1"])
            }
            try await expectOnce(live, station, isVersioned, "\(moment)")
        }

        private func backfill(_ station: StationFixture) async throws {
            let exit = try await Program(
                StationFixture.lazaret,
                [
                    "backfill", "s3://\(station.incoming)", "--queue", station.queue.url, "--pipelines",
                    station.folder.path + "/pipelines", "--ledger", station.ledger,
                ], environment: station.stack.environment
            ).exit(within: .seconds(60))
            try #require(exit.ending == .code(0) && exit.standardError.contains("1 sent"), "\(exit.standardError)")
        }

        private func expectOnce(
            _ live: [UInt8], _ station: StationFixture, _ isVersioned: Bool, _ comment: Comment
        ) async throws {
            let jobs = try await station.jobs()
            #expect(jobs.allSatisfy { $0.finishedAt != nil && $0.key == Self.key }, comment)
            #expect(try await station.keys(station.media) == [Self.key], comment)
            #expect(try await station.cloud.get(station.media, Self.key)?.bytes == live, comment)
            let promoted = jobs.filter { $0.disposition == "promoted" }
            #expect(!promoted.isEmpty, "\(comment): \(jobs)")
            let allowed = ["settled", "superseded", "gone"]
            #expect(jobs.allSatisfy { allowed.contains($0.outcome ?? "") }, "\(comment): \(jobs)")
            // An earlier version that was overtaken stays where it is; nothing else does.
            let left = try await station.cloud.versions(station.incoming)
            let superseded = jobs.filter { $0.outcome == "superseded" }.map(\.versionId)
            #expect(left.allSatisfy { isVersioned && superseded.contains($0.version) }, "\(comment): \(left)")
            if isVersioned {
                // Without versions, a backfilled object whose own message waits becomes a second job.
                #expect(promoted.count == 1, "\(comment): \(jobs)")
                let copies = try await station.cloud.versions(station.media)
                #expect(copies.map(\.version) == promoted.map { $0.destination?.versionId ?? "" }, "\(comment)")
            }
            try await station.expectDrained()
        }
    }
}
