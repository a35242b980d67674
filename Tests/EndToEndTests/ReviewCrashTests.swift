import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// Reviews whose process is killed, and reviews that meet another one.
    @Suite struct ReviewCrashes {
        enum Act: String, CaseIterable {
            case release, recall, delete, purge

            var moments: [Moment] {
                switch self {
                case .release, .recall: Moment.allCases
                case .delete, .purge: [.beforeDelete, .afterDelete]
                }
            }

            /// Whether it is about an object in quarantine, not about a promoted one.
            var isOfQuarantined: Bool { self != .recall }

            func words(_ job: JobLine, by actor: String) -> [String] {
                let words =
                    self == .purge
                    ? ["purge", "--older-than", "0s", "--prefix", job.key, "--at-most", "1"] : [rawValue, job.job]
                return words + ["--yes", "--reason", "a review", "--actor", actor]
            }
        }

        enum Moment: String, CaseIterable {
            case beforeCopy, afterCopy, beforeDelete, afterDelete

            /// - Parameter etag: of the object. The first delete may be a probe whose condition matches none.
            func rule(of proxy: FaultProxy, _ etag: String) -> FaultRule {
                let isMeant: @Sendable (CloudCall) -> Bool = { call in
                    call.request["if-match"].map { $0.contains(etag) } ?? true
                }
                return switch self {
                case .beforeCopy: proxy.add(.copyObject, .holdsRequest)
                case .afterCopy: proxy.add(.copyObject, .holdsAnswer)
                case .beforeDelete: proxy.add(.deleteObject, .holdsRequest, where: isMeant)
                case .afterDelete: proxy.add(.deleteObject, .holdsAnswer, where: isMeant)
                }
            }
        }

        /// A station whose one object is in quarantine, or promoted.
        private struct Scene {
            let station: StationFixture
            let job: JobLine
            let etag: String

            /// - Parameter ledger: the URL of a ledger instead of the station's own.
            init(
                _ name: String, isQuarantined: Bool, isVersioned: Bool, isLarge: Bool = false, ledger: String? = nil
            ) async throws {
                var station = try await StationFixture(name, versioned: isVersioned)
                if let ledger { station.ledger = ledger }
                self.station = station
                // More than the first range of a fetch.
                let padding = [UInt8](repeating: 0x20, count: isLarge ? 5 << 20 : 0)
                let body = (isQuarantined ? Eicar.bytes : Samples.text) + padding
                etag = try await station.upload(body, "uploads/a.csv", UploadOptions(type: "text/csv")).etag
                try await station.settle()
                job = try await station.job("uploads/a.csv")
                try #require(job.disposition == (isQuarantined ? "quarantined" : "promoted"))
            }

            /// Requires that an act was done, and nothing besides.
            func expectDone(_ act: Act, _ comment: Comment) async throws {
                let (media, quarantine) = (station.media, station.quarantine)
                let promoted = act == .release ? ["permanent/a.csv"] : []
                #expect(try await station.keys(media) == promoted, comment)
                #expect(try await station.keys(quarantine).count == (act == .recall ? 1 : 0), comment)
                for bucket in [media, quarantine] {
                    let versions = try await station.cloud.versions(bucket)
                    #expect(versions.count == (try await station.keys(bucket)).count, comment)
                    for version in versions {
                        #expect(try await station.cloud.get(bucket, version.key)?.sha256 == job.sha256, comment)
                    }
                }
                let state =
                    switch act {
                    case .release: "released"
                    case .recall: "pending"
                    case .delete: "deleted"
                    case .purge: "expired"
                    }
                let list = try await station.review(["list", "--state", state])
                #expect(list.standardOutput.contains(job.job), comment)
                let word = act == .purge ? "expire" : act.rawValue
                let trail = try await station.review(["show", job.job, "--offline"]).standardOutput
                #expect(trail.ranges(of: "\(word)-done by").count == 1, comment)
            }
        }

        /// At each step a review's process is killed; what is left is finished by the same command, or by
        /// `lazaret reconcile`.
        @Test(arguments: Act.allCases, [false, true])
        func `a killed review is finished, and the object is in one place`(_ act: Act, isVersioned: Bool) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for moment in act.moments {
                    group.addTask { try await killed(act, at: moment, isVersioned: isVersioned) }
                }
                try await group.waitForAll()
            }
        }

        @Test(arguments: Act.allCases)
        func `a killed review is finished on PostgreSQL too`(_ act: Act) async throws {
            let server = try await PostgresServer.shared()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, moment) in act.moments.enumerated() {
                    group.addTask {
                        try await server.withDatabase { name in
                            try await killed(
                                act, at: moment, isVersioned: number.isMultiple(of: 2), ledger: server.url(name))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }

        private func killed(_ act: Act, at moment: Moment, isVersioned: Bool, ledger: String? = nil) async throws {
            let comment: Comment = "\(act) at \(moment)"
            let driver = ledger == nil ? "" : "-pg"
            let scene = try await Scene(
                "kill-\(act.rawValue)-\(moment.rawValue.lowercased())-\(isVersioned)\(driver)",
                isQuarantined: act.isOfQuarantined, isVersioned: isVersioned, isLarge: moment == .beforeDelete,
                ledger: ledger)
            let (station, job) = (scene.station, scene.job)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let rule = moment.rule(of: proxy, scene.etag)
            let program = try station.startReview(act.words(job, by: "lee"), environment: proxy.environment)
            try await rule.awaitHits(1)
            program.send(SIGKILL)
            _ = try await program.exit(within: .seconds(30))

            let other: Act = act == .delete ? .release : .delete
            let busy = try await station.review(other.words(job, by: "mara"))
            #expect(busy.ending != .code(0), comment)
            if act != .recall { #expect((busy.standardOutput + busy.standardError).contains("lee began"), comment) }
            #expect(try await station.endReviewClaims() == 1, comment)
            if isVersioned {
                let exit = try await station.review(act.words(job, by: "mara"))
                #expect(exit.ending == .code(0), "\(comment): \(exit.standardOutput) \(exit.standardError)")
            } else {
                let exit = try await station.reconcile()
                #expect(exit.ending == .code(0), "\(comment): \(exit.standardOutput) \(exit.standardError)")
            }
            try await scene.expectDone(act, comment)
        }

        @Test func `a killed rescan changes nothing and can be repeated`() async throws {
            let scene = try await Scene("kill-rescan", isQuarantined: true, isVersioned: true)
            let proxy = try FaultProxy(to: scene.station.stack)
            defer { proxy.stop() }
            let rule = proxy.add(.getObject, .holdsAnswer)
            let words = ["rescan", scene.job.job, "--reason", "new signatures"]
            let program = try scene.station.startReview(words, environment: proxy.environment)
            try await rule.awaitHits(1)
            program.send(SIGKILL)
            _ = try await program.exit(within: .seconds(30))
            let exit = try await scene.station.review(words)
            #expect(exit.standardOutput.contains("unchanged: infected"), "\(exit.standardError)")
            #expect(try await scene.station.cloud.versions(scene.station.quarantine).count == 1)
            let list = try await scene.station.review(["list", "--state", "pending"])
            #expect(list.standardOutput.contains(scene.job.job))
        }

        private static let meetings: [(Act, Act)] = [
            (.release, .release), (.release, .delete), (.release, .purge), (.delete, .release), (.delete, .delete),
            (.purge, .release), (.recall, .recall), (.recall, .release),
        ]

        /// The second one comes while the first is about to change something.
        @Test(arguments: [false, true])
        func `of two reviewers at once one settles the object and the other one is refused`(isVersioned: Bool)
            async throws
        {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (first, second) in Self.meetings {
                    group.addTask { try await meet(first, second, isVersioned: isVersioned) }
                }
                try await group.waitForAll()
            }
        }

        private func meet(_ first: Act, _ second: Act, isVersioned: Bool) async throws {
            let comment: Comment = "\(first), \(second)"
            let scene = try await Scene(
                "meet-\(first.rawValue)-\(second.rawValue)-\(isVersioned)", isQuarantined: first.isOfQuarantined,
                isVersioned: isVersioned)
            let (station, job) = (scene.station, scene.job)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let moment: Moment = first.moments.contains(.beforeCopy) ? .beforeCopy : .beforeDelete
            let rule = moment.rule(of: proxy, scene.etag)
            let program = try station.startReview(first.words(job, by: "lee"), environment: proxy.environment)
            try await rule.awaitHits(1)
            let refused = try await station.review(second.words(job, by: "mara"))
            #expect(refused.ending != .code(0), comment)
            if first.isOfQuarantined || second == .recall {
                #expect((refused.standardOutput + refused.standardError).contains("lee began"), comment)
            }
            rule.release()
            let exit = try await program.exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(comment): \(exit.standardError)")
            try await scene.expectDone(first, comment)
        }

        @Test func `of two reviewers who start at the same moment one settles the object`() async throws {
            let scene = try await Scene("review-two", isQuarantined: true, isVersioned: false)
            let (station, job) = (scene.station, scene.job)
            async let first = station.review(Act.release.words(job, by: "lee"))
            async let second = station.review(Act.delete.words(job, by: "mara"))
            let codes = [try await first.ending, try await second.ending]
            #expect(codes.filter { $0 == .code(0) }.count == 1, "\(codes)")
            try await scene.expectDone(codes[0] == .code(0) ? .release : .delete, "\(codes)")
        }
    }
}
