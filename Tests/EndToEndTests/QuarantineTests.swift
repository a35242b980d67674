import Domain
import Foundation
import Glibc
import Ledger
import Support
import TestKit
import Testing

extension EndToEnd {
    /// `lazaret quarantine`, on MiniStack.
    @Suite struct Quarantine {
        private func quarantine(
            _ station: StationFixture, _ words: [String], environment: [String: String]? = nil
        ) throws -> Program {
            var words = ["quarantine"] + words + ["--ledger", station.ledger]
            if ["show", "release", "delete", "purge", "recall", "fetch", "hold", "unhold"].contains(words[1]) {
                words += ["--pipelines", station.folder.path + "/pipelines"]
            }
            if ["release", "delete", "purge", "recall", "fetch"].contains(words[1]) {
                words += ["--spool", station.folder.path]
            }
            return try Program(
                StationFixture.lazaret, words, environment: environment ?? station.stack.environment,
                directory: station.folder.path)
        }

        private func run(_ station: StationFixture, _ words: [String]) async throws -> Program.Exit {
            try await quarantine(station, words).exit(within: .seconds(60))
        }

        private static let upload = UploadOptions(type: "text/csv", metadata: ["owner": "mara", "note": "=1+1"])

        @Test(arguments: [false, true])
        func `a false positive is listed, shown, released and not quarantined again`(isVersioned: Bool) async throws {
            let station = try await StationFixture("review-\(isVersioned)", versioned: isVersioned)
            try await station.upload(Eicar.bytes, "uploads/a.csv", Self.upload)
            try await station.settle()
            let job = try await station.job("uploads/a.csv")
            #expect(job.disposition == "quarantined")

            let name = try #require(job.findings.first { $0.kind == "signature" }?.name)
            let list = try await run(station, ["list", "--finding", name, "--type", "text/*"])
            #expect(list.standardOutput.contains(job.job), "\(list.standardError)")
            #expect(try await run(station, ["list", "--finding", name + "x"]).standardError == "no objects match\n")
            let all = try await run(station, ["list", "--state", "pending"])
            #expect(
                all.standardOutput.contains(job.job) && all.standardOutput.contains("pending"), "\(all.standardError)")
            let csv = try await run(station, ["list", "--csv"])
            #expect(csv.standardOutput.split(separator: "\r\n").count == 2)
            let shown = try await run(station, ["show", job.job])
            #expect(shown.ending == .code(0), "\(shown.standardError)")
            #expect(shown.standardOutput.contains("would go to s3://\(station.media)/permanent/a.csv"))
            #expect(
                shown.standardOutput.contains("nothing is there yet") && shown.standardOutput.contains("type text/csv"))

            // Not without a reason; elsewhere than on a terminal not without --yes.
            #expect(try await run(station, ["release", job.job, "--yes"]).ending == .code(64))
            let asked = try await run(station, ["release", job.job, "--reason", "ours"])
            #expect(asked.ending == .code(64) && asked.standardError.contains("permanent/a.csv"))
            let exit = try await run(
                station, ["release", job.job, "--yes", "--reason", "ours", "--actor", "lee@example.com"])
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            let copy = try #require(try await station.cloud.get(station.media, "permanent/a.csv"))
            #expect(copy.bytes == Eicar.bytes && copy.type == "text/csv")
            #expect(copy.metadata["owner"] == "mara" && copy.metadata["note"] == "=1+1")
            #expect(try await station.keys(station.quarantine).isEmpty)

            try await station.upload(Eicar.bytes, "uploads/b.csv", Self.upload)
            try await station.settle()
            let second = try await station.job("uploads/b.csv")
            #expect(second.verdict == "clean" && second.disposition == "promoted")
            let note = second.findings.first { $0.name == "known-false-positive" }
            #expect(note?.detail.contains("lee@example.com") == true)

            let known = try await run(station, ["false-positives", "list"])
            #expect(known.standardOutput.contains("lee@example.com") && known.standardOutput.contains("active"))
            let revoked = try await run(station, ["false-positives", "revoke", "1", "--reason", "it is bad"])
            #expect(revoked.ending == .code(0), "\(revoked.standardError)")
            try await recallAndDelete(job, in: station)
        }

        /// All copies of the bytes come back, the released one and the promoted one, and are deleted.
        private func recallAndDelete(_ job: JobLine, in station: StationFixture) async throws {
            let sha256 = try #require(job.sha256)
            let recall = try await run(
                station, ["recall", "--sha256", sha256, "--at-most", "2", "--reason", "campaign", "--yes"])
            #expect(recall.ending == .code(0), "\(recall.standardError)")
            #expect(try await station.keys(station.media).isEmpty)
            #expect(try await station.keys(station.quarantine).count == 2)
            let rescan = try await quarantine(
                station,
                [
                    "rescan", job.job, "--reason", "new signatures", "--signatures", StationFixture.signatures,
                    "--spool", station.folder.path, "--pipelines", station.folder.path + "/pipelines",
                ]
            ).exit(within: .seconds(60))
            #expect(rescan.standardOutput.contains("unchanged: infected"), "\(rescan.standardError)")
            let few = try await run(station, ["delete", "--at-most", "1", "--reason", "bad", "--yes"])
            #expect(few.ending == .code(65) && few.standardError.contains("2 objects match"))
            let deleted = try await run(station, ["delete", "--at-most", "2", "--reason", "bad", "--yes"])
            #expect(deleted.ending == .code(0), "\(deleted.standardError)")
            #expect(try await station.keys(station.quarantine).isEmpty)
            let trail = try await run(station, ["show", job.job, "--offline"])
            for action in ["release", "recall", "delete"] { #expect(trail.standardOutput.contains("\(action) by")) }
        }

        enum Kill: String, CaseIterable { case beforeCopy, afterCopy, beforeDelete, afterDelete }

        /// At each step of a release its process is killed; what is left is finished by the same command, or by
        /// `lazaret reconcile`.
        @Test(arguments: Kill.allCases, [false, true])
        func `a killed release is finished, and the object is in one place`(_ kill: Kill, isVersioned: Bool)
            async throws
        {
            let station = try await StationFixture(
                "kill-\(kill.rawValue.lowercased())-\(isVersioned)", versioned: isVersioned)
            try await station.upload(Eicar.bytes, "uploads/a.csv", Self.upload)
            try await station.settle()
            let job = try await station.job("uploads/a.csv")
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let rule =
                switch kill {
                case .beforeCopy: proxy.add(.copyObject, .holdsRequest)
                case .afterCopy: proxy.add(.copyObject, .holdsAnswer)
                case .beforeDelete: proxy.add(.deleteObject, .holdsRequest)
                case .afterDelete: proxy.add(.deleteObject, .holdsAnswer)
                }
            let words = ["release", job.job, "--yes", "--reason", "ours", "--actor", "lee"]
            let release = try quarantine(station, words, environment: proxy.environment)
            try await rule.awaitHits(1)
            release.send(SIGKILL)
            _ = try await release.exit(within: .seconds(30))

            let busy = try await run(station, ["delete", job.job, "--yes", "--reason", "other", "--actor", "mara"])
            #expect(busy.ending != .code(0) && (busy.standardOutput + busy.standardError).contains("lee began"))
            // The claim of the dead process ends.
            try await station.endReviewClaims()

            if isVersioned {
                let exit = try await run(station, words)
                #expect(exit.ending == .code(0), "\(exit.standardOutput) \(exit.standardError)")
            } else {
                let exit = try await Program(
                    StationFixture.lazaret,
                    ["reconcile", "--pipelines", station.folder.path + "/pipelines", "--ledger", station.ledger],
                    environment: station.stack.environment
                ).exit(within: .seconds(60))
                #expect(exit.ending == .code(0), "\(exit.standardOutput) \(exit.standardError)")
                #expect(exit.standardOutput.contains("moved to"))
            }
            #expect(try await station.keys(station.quarantine).isEmpty)
            #expect(try await station.cloud.get(station.media, "permanent/a.csv")?.bytes == Eicar.bytes)
            if isVersioned { #expect(try await station.cloud.versions(station.media).count == 1) }
            let list = try await run(station, ["list", "--state", "released"])
            #expect(list.standardOutput.contains(job.job))
        }

        @Test func `a release never replaces a later upload`() async throws {
            let station = try await StationFixture("review-later")
            try await station.upload(Eicar.bytes, "uploads/a.csv", Self.upload)
            try await station.settle()
            let bad = try await station.job("uploads/a.csv")
            try await station.upload(Samples.text, "uploads/a.csv")
            try await station.settle()
            let exit = try await run(
                station, ["release", bad.job, "--yes", "--replace", "--reason", "ours"])
            #expect(
                exit.ending == .code(65) && exit.standardOutput.contains("a later upload"), "\(exit.standardOutput)")
            #expect(try await station.cloud.get(station.media, "permanent/a.csv")?.bytes == Samples.text)
            #expect(try await station.keys(station.quarantine).count == 1)
        }

        @Test func `two reviewers at once settle one object once`() async throws {
            let station = try await StationFixture("review-two")
            try await station.upload(Eicar.bytes, "uploads/a.csv", Self.upload)
            try await station.settle()
            let job = try await station.job("uploads/a.csv")
            async let first = run(station, ["release", job.job, "--yes", "--reason", "a", "--actor", "lee"])
            async let second = run(station, ["delete", job.job, "--yes", "--reason", "b", "--actor", "mara"])
            let codes = [try await first.ending, try await second.ending]
            #expect(codes.filter { $0 == .code(0) }.count == 1, "\(codes)")
            #expect(try await station.keys(station.quarantine).isEmpty)
            #expect(try await station.keys(station.media).count == (codes[0] == .code(0) ? 1 : 0))
        }

        @Test func `a fetched object opens with the password alone`() async throws {
            let station = try await StationFixture("review-fetch")
            try await station.upload(Eicar.bytes, "uploads/a.csv", Self.upload)
            try await station.settle()
            let job = try await station.job("uploads/a.csv")
            let path = station.folder.path + "/out.zip"
            let exit = try await run(station, ["fetch", job.job, "--to", path, "--reason", "a look"])
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            let archive = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(archive.range(of: Data(Eicar.bytes)) == nil)
            func extracted(_ password: String) async throws -> Program.Exit {
                try await Program(
                    "/usr/bin/bsdtar", ["-xOf", path, "--passphrase", password], environment: [:]
                ).exit(within: .seconds(30))
            }
            #expect(try await extracted("infected").standardOutput == String(decoding: Eicar.bytes, as: UTF8.self))
            #expect(try await extracted("other").ending != .code(0))
            // An existing file is not overwritten.
            let again = try await run(station, ["fetch", job.job, "--to", path, "--reason", "a look"])
            #expect(again.ending == .code(78))
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == archive)
        }

        @Test func `a hold is a legal hold where the bucket has Object Lock`() async throws {
            let station = try await StationFixture(
                "review-lock", rules: StationFixture.usualRules.replacing("QUARANTINE", with: "review-lock-jail"))
            try await station.cloud.createLockedBucket("review-lock-jail")
            try await station.upload(Eicar.bytes, "uploads/a.csv", Self.upload)
            try await station.settle()
            let job = try await station.job("uploads/a.csv")
            let hold = try await run(station, ["hold", job.job, "--reason", "case 1"])
            #expect(hold.ending == .code(0) && hold.standardOutput.contains("legal hold set"), "\(hold.standardError)")
            let key = try #require(job.destination?.key)
            let version = try #require(job.destination?.versionId)
            await #expect(throws: (any Error).self) {
                try await station.cloud.delete("review-lock-jail", key, version: version)
            }
            // The same command again is no error: the first may have failed before it reached the bucket.
            #expect(try await run(station, ["hold", job.job, "--reason", "again"]).ending == .code(0))
            #expect(try await run(station, ["release", job.job, "--yes", "--reason", "r"]).ending == .code(65))
            let offline = try await run(station, ["unhold", job.job, "--offline", "--reason", "r"])
            #expect(offline.ending == .code(0))
            let locked = try await run(station, ["release", job.job, "--yes", "--reason", "r"])
            #expect(locked.ending == .code(65) && locked.standardOutput.contains("Object Lock"))
            #expect(try await station.keys(station.media).isEmpty)
            let unhold = try await run(station, ["unhold", job.job, "--reason", "over"])
            #expect(unhold.ending == .code(0) && unhold.standardOutput.contains("ended"), "\(unhold.standardError)")
            let exit = try await run(station, ["release", job.job, "--yes", "--reason", "r"])
            #expect(exit.ending == .code(0), "\(exit.standardOutput)")
            #expect(try await station.keys(station.media) == ["permanent/a.csv"])
        }

        @Test func `a purge takes what is old enough and not held`() async throws {
            let station = try await StationFixture("review-purge")
            for name in ["a", "b"] { try await station.upload(Eicar.bytes, "uploads/\(name).csv", Self.upload) }
            try await station.settle()
            let held = try await station.job("uploads/a.csv")
            let hold = try await run(station, ["hold", held.job, "--reason", "case 1"])
            #expect(hold.ending == .code(0), "\(hold.standardError)")
            let young = try await run(
                station, ["purge", "--older-than", "1h", "--at-most", "9", "--reason", "old", "--yes"])
            #expect(young.standardError.contains("no objects match"))
            let exit = try await run(
                station, ["purge", "--older-than", "0s", "--at-most", "9", "--reason", "old", "--yes"])
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            #expect(try await station.keys(station.quarantine).allSatisfy { $0.hasSuffix("a.csv") })
            let list = try await run(station, ["list", "--state", "expired", "--json"])
            #expect(list.standardOutput.contains(#""review":"expired""#))
        }
    }
}
