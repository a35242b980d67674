import Domain
import Foundation
import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// `lazaret ledger verify`, `head` and `anchor`, and the anchors of a worker.
    @Suite struct LedgerChain {
        private func lazaret(_ station: StationFixture, _ words: [String]) async throws -> Program.Exit {
            try await Program(
                StationFixture.lazaret, words + ["--ledger", station.ledger], environment: station.stack.environment
            ).exit(within: .seconds(60))
        }

        private func sql(_ station: StationFixture, _ statement: String) throws {
            let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2])"
            let done = try Tool.run([
                "python3", "-c", script, String(station.ledger.dropFirst("sqlite:".count)), statement,
            ])
            #expect(done.status == 0)
        }

        @Test func `a worker anchors the head where it can't be changed, and verify holds the ledger against it`()
            async throws
        {
            let station = try await StationFixture("chain")
            let bucket = "chain-anchors"
            try await station.cloud.createLockedBucket(bucket, retention: .compliance)
            for number in 1...3 { try await station.upload(Eicar.bytes, "uploads/\(number).txt") }
            let anchors = "s3://\(bucket)/a/"
            try await station.settle(["--anchor", anchors, "--anchor-interval", "1", "--until-idle", "3"])
            let written = try await station.cloud.versions(bucket)
            #expect(written.count >= 2 && Set(written.map(\.key)).count == written.count, "\(written)")

            let good = try await lazaret(station, ["ledger", "verify", "--anchors", anchors])
            #expect(good.ending == .code(0) && good.standardOutput.isEmpty, "\(good.standardError)")
            #expect(
                good.standardError.hasPrefix(
                    "4 entries checked, 0 pruned, \(written.count) anchors matched, the latest of 20"))
            #expect(good.standardError.contains(", head 4:"))
            let head = try await lazaret(station, ["ledger", "head"])
            #expect(head.standardOutput.hasPrefix("4:"))
            let text = String(head.standardOutput.prefix { $0 != " " })
            let json = try await lazaret(station, ["ledger", "verify", "--json", "--from", text])
            #expect(
                json.ending == .code(0) && json.standardOutput.hasPrefix(#"{"entries":0,"#), "\(json.standardOutput)")
            let report = try await lazaret(station, ["report", "--format", "json"])
            #expect(report.standardOutput.contains("\"hash\":\"\(text.dropFirst(2))\""))

            // A backup that is restored into another file.
            let copy = station.folder.path + "/restored.db"
            try sql(station, "VACUUM INTO '\(copy)'")
            try await station.upload(Eicar.bytes, "uploads/4.txt")
            try await station.settle(["--anchor", anchors, "--anchor-interval", "1", "--until-idle", "3"])
            func verify(_ words: [String]) async throws -> Program.Exit {
                try await Program(
                    StationFixture.lazaret, ["ledger", "verify", "--ledger", "sqlite:\(copy)"] + words,
                    environment: station.stack.environment
                ).exit(within: .seconds(60))
            }
            let asLedger = try await verify(["--anchors", anchors])
            #expect(
                asLedger.ending == .code(65) && asLedger.standardOutput.contains("anchor-beyond-end"), "\(asLedger)")
            let asCopy = try await verify(["--anchors", anchors, "--copy"])
            #expect(asCopy.ending == .code(0) && asCopy.standardOutput.isEmpty, "\(asCopy)")
            #expect(asCopy.standardError.contains("the first after the end of this copy of 20"))
            #expect(try await verify(["--copy"]).ending == .code(64))
            let nothing = try await verify(["--anchors", "s3://\(bucket)/b/", "--copy"])
            #expect(nothing.ending == .code(65) && nothing.standardError.contains("no anchor was found"))
            _ = try Tool.run(["sqlite3", copy, "UPDATE jobs SET verdict = 'clean'"])
            #expect(try await verify(["--anchors", anchors, "--copy"]).ending == .code(65))

            // One row is changed.
            let job = try await station.job("uploads/1.txt")
            try sql(station, "UPDATE jobs SET verdict = 'clean' WHERE id = '\(job.job)'")
            let found = try await lazaret(station, ["ledger", "verify"])
            #expect(found.ending == .code(65) && found.standardOutput.contains("job \(job.job)"), "\(found)")
            #expect(found.standardOutput.hasPrefix("changed-row  entry "))

            // The attacker removes the chain, and a later start of the worker can't make it right.
            try sql(station, "DELETE FROM chain WHERE sequence > 2; DELETE FROM jobs WHERE id <> '\(job.job)'")
            let cut = try await lazaret(station, ["ledger", "verify", "--anchors", anchors])
            #expect(cut.ending == .code(65) && cut.standardOutput.contains("anchor-beyond-end  \(anchors)"), "\(cut)")
        }

        @Test func `an anchor that was overwritten still counts, and one is written once`() async throws {
            let station = try await StationFixture("anchor", versioned: true, route: nil)
            try await station.settle()
            let place = "s3://\(station.media)/anchors/"
            let none = try await lazaret(station, ["ledger", "verify", "--anchors", place])
            #expect(none.ending == .code(65) && none.standardError.contains("no anchor was found"))
            let made = try await lazaret(station, ["ledger", "anchor", place])
            #expect(made.ending == .code(0) && made.standardOutput.hasPrefix("1:"), "\(made.standardError)")
            let key = try #require(try await station.keys(station.media).first)
            try await station.cloud.put(
                Array(
                    #"{"format":"lazaret-anchor-1","sequence":1,"hash":"\#(String(repeating: "0", count: 64))","at":"2026-11-21T08:00:00Z","written":"2026-11-21T08:00:00Z"}"#
                        .utf8), station.media, key)
            try await station.cloud.put([1, 2], station.media, "anchors/x")
            try await station.cloud.delete(station.media, key)
            let found = try await lazaret(station, ["ledger", "verify", "--anchors", place])
            #expect(found.ending == .code(65), "\(found.standardError)")
            #expect(found.standardError.contains("1 anchors matched, 1 anchors changed, 1 anchors unreadable"))
            for head in ["1:xyz", "1:" + String(repeating: "x", count: 64)] {
                #expect(try await lazaret(station, ["ledger", "verify", "--from", head]).ending == .code(64))
            }
        }

        @Test func `an anchor that can't be written is reported and holds nothing up`() async throws {
            let station = try await StationFixture("anchor-fails")
            try await station.upload(Samples.text, "uploads/a.txt")
            let exit = try await station.startWorker([
                "--anchor", "s3://anchor-fails-nowhere/", "--listen", "127.0.0.1:0",
            ]).exit(within: .seconds(90))
            #expect(exit.ending == .code(0))
            #expect(exit.standardError.contains("ledger not anchored") && exit.standardError.contains("NoSuchBucket"))
            #expect(try await station.keys(station.media) == ["permanent/a.txt"])
        }

        @Test(.enabled(if: SmallDisk.isPossible))
        func `a report into a full disk leaves what was there, and no part of itself`() async throws {
            let station = try await StationFixture("report-full", route: nil)
            try await station.settle()
            let disk = try SmallDisk(bytes: 1 << 20)
            let path = disk.path + "/report.html"
            func report() async throws -> Program.Exit { try await lazaret(station, ["report", "--output", path]) }
            #expect(try await report().ending == .code(0))
            let before = try Data(contentsOf: URL(filePath: path))
            try disk.fill(leaving: 4096)
            let exit = try await report()
            #expect(exit.ending == .code(74) && exit.standardError.contains("make room"), "\(exit.standardError)")
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: disk.path).sorted() == ["ballast", "report.html"])
            try disk.makeRoom()
            #expect(try await report().ending == .code(0))
        }

        @Test func `rows of an older program are sealed by name, with a reason`() async throws {
            let station = try await StationFixture("chain-seal", route: nil)
            try await station.settle()
            try sql(
                station,
                "INSERT INTO audit_trail (at, actor, action, subject, reason) VALUES (1, 'older', 'a', 's', 'r')")
            #expect(try await lazaret(station, ["ledger", "verify"]).ending == .code(65))
            #expect(try await lazaret(station, ["ledger", "seal"]).ending == .code(64))
            let dry = try await lazaret(station, ["ledger", "seal", "--dry-run"])
            #expect(dry.standardOutput == "added-row  audit_trail, number 1\n", "\(dry)")
            let words = ["ledger", "seal", "--reason", "workers of 0.9 until 12:00", "--actor", "lee", "--json"]
            let seal = try await lazaret(station, words)
            #expect(seal.ending == .code(0) && seal.standardError == "1 rows chained\n", "\(seal)")
            #expect(seal.standardOutput.hasPrefix(#"{"finding":"added-row","#))
            let verify = try await lazaret(station, ["ledger", "verify"])
            #expect(
                verify.ending == .code(0) && verify.standardError.contains(", 0 pruned, 1 sealed, head 4:"), "\(verify)"
            )
            #expect(try await lazaret(station, words).standardError == "0 rows chained\n")
        }

        @Test func `a report that is stopped leaves nothing behind`() async throws {
            let station = try await StationFixture("report-stopped", route: nil)
            try await station.settle()
            // Enough for a report that takes a while.
            try sql(
                station,
                """
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
                INSERT INTO jobs (id, bucket, key, event_name, first_received_at, attempts, worker, outcome, finished_at)
                SELECT printf('%032x', i), 'b', CAST('k' AS BLOB), 'e', (unixepoch() - 60) * 1000, 1, 'w', 'gone', 1 FROM n
                """)
            let path = station.folder.path + "/reports"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            for signal in [SIGINT, SIGTERM] {
                let report = try Program(
                    StationFixture.lazaret,
                    ["report", "--ledger", station.ledger, "--output", path + "/r.csv", "--format", "csv"],
                    environment: station.stack.environment)
                while try FileManager.default.contentsOfDirectory(atPath: path).isEmpty {
                    try await Task.sleep(for: .milliseconds(1))
                }
                report.send(signal)
                let exit = try await report.exit(within: .seconds(30))
                #expect(exit.ending == .code(75) && exit.standardError.contains("no report was written"), "\(exit)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: path) == [])
            }
        }

        @Test(arguments: 1...2)
        func `a chain has no fault after a kill in the middle of the work`(_ round: Int) async throws {
            let station = try await StationFixture("chain-kill-\(round)", visibility: 6)
            for number in 1...60 {
                try await station.upload(
                    number.isMultiple(of: 4) ? Eicar.bytes : Samples.text, "uploads/\(number).txt")
            }
            let worker = try station.startWorker(idle: nil)
            while try await station.keys(station.media).count < round * 8 {
                try await Task.sleep(for: .milliseconds(20))
            }
            worker.send(SIGKILL)
            _ = try await worker.exit(within: .seconds(30))
            let after = try await lazaret(station, ["ledger", "verify"])
            #expect(after.ending == .code(0), "\(after)")
            // The messages that it had come again.
            for _ in 1...5 where try await station.jobs().filter({ $0.outcome == "settled" }).count < 60 {
                try await station.settle(["--until-idle", "8"])
            }
            let end = try await lazaret(station, ["ledger", "verify"])
            #expect(end.ending == .code(0) && end.standardError.hasPrefix("61 entries checked"), "\(end)")
        }
    }
}
