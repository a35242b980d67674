import Foundation
import Glibc
import Support
import TestKit
import Testing

/// The signature that flags every PDF, by the sequence of commands in `docs/REVIEW.md`. `LAZARET_BULK=5000` sets the
/// number of objects, and the figures are printed.
@Suite(.timeLimit(.minutes(30)), .heavy) struct QuarantineBulkTests {
    private static let count = ProcessInfo.processInfo.environment["LAZARET_BULK"].flatMap { Int($0) } ?? 200

    private static let rules = StationFixture.usualRules.replacing(
        "types: [image/png, image/jpeg, application/pdf, application/zip, \"text/*\", inode/x-empty]",
        with: "types: [application/pdf]")

    /// A PDF of one page, which the demo signature matches.
    private static func document(_ number: Int) -> [UInt8] {
        let content = "BT /F1 12 Tf (document \(number)) Tj ET % " + String(decoding: Eicar.bytes, as: UTF8.self)
        let objects = [
            "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R >>",
            "<< /Length \(content.utf8.count) >>\nstream\n\(content)\nendstream",
        ]
        var text = "%PDF-1.4\n"
        var offsets: [Int] = []
        for (index, object) in objects.enumerated() {
            offsets.append(text.utf8.count)
            text += "\(index + 1) 0 obj\n\(object)\nendobj\n"
        }
        let start = text.utf8.count
        let rows = offsets.map { offset in
            let digits = String(offset)
            return String(repeating: "0", count: 10 - digits.count) + digits + " 00000 n \n"
        }
        text += "xref\n0 5\n0000000000 65535 f \n\(rows.joined())trailer\n<< /Size 5 /Root 1 0 R >>\n"
        return Array((text + "startxref\n\(start)\n%%EOF\n").utf8)
    }

    private struct Bulk {
        let station: StationFixture
        let proxy: FaultProxy
        private let filters = [
            "--finding", "Lazaret.Demo.EICAR.UNOFFICIAL", "--type", "application/pdf", "--since", "2d",
        ]

        /// - Parameter isCounted: whether its requests go through the proxy.
        func start(_ words: [String], filtered: Bool = true, isCounted: Bool = false) throws -> Program {
            var words = ["quarantine"] + words + (filtered ? filters : []) + ["--ledger", station.ledger]
            if words[1] == "release" || words[1] == "hold" {
                words += [
                    "--pipelines", station.folder.path + "/pipelines", "--actor", "lee", "--reason", "4711 is wrong",
                ]
            }
            if words[1] == "release" { words += ["--spool", station.folder.path] }
            return try Program(
                StationFixture.lazaret, words, environment: isCounted ? proxy.environment : station.stack.environment,
                directory: station.folder.path,
                watchingMemory: true)
        }

        func run(_ words: [String], filtered: Bool = true) async throws -> Program.Exit {
            try await start(words, filtered: filtered).exit(within: .seconds(1500))
        }
    }

    private func upload(to station: StationFixture) async throws {
        for start in stride(from: 0, to: Self.count, by: 50) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in start..<min(start + 50, Self.count) {
                    group.addTask {
                        try await station.upload(
                            Self.document(number), "uploads/\(number).pdf", UploadOptions(type: "application/pdf"))
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `every PDF is found, released and remembered, also if the release is stopped and killed`() async throws {
        let count = Self.count
        let station = try await StationFixture("bulk", visibility: 300, rules: Self.rules)
        let proxy = try FaultProxy(to: station.stack)
        defer { proxy.stop() }
        let bulk = Bulk(station: station, proxy: proxy)
        try await upload(to: station)
        let worker = try await station.startWorker(idle: 3).exit(within: .seconds(1500))
        try #require(worker.ending == .code(0), "\(worker.standardError)")

        // Found.
        let found = try await bulk.run(["list", "--limit", "10000", "--csv"])
        #expect(found.standardOutput.split(separator: "\r\n").count == count + 1, "\(found.standardError)")
        let held = try await station.job("uploads/0.pdf")
        #expect(try await bulk.run(["hold", held.job, "--yes"], filtered: false).ending == .code(0))
        let most = ["--at-most", "\(count)"]
        let dry = try await bulk.run(["release"] + most + ["--dry-run"])
        #expect(dry.standardOutput.split(separator: "\n").count == count - 1, "\(dry.standardError)")
        #expect(try await station.keys(station.media).isEmpty)

        // Stopped, and killed.
        let clock = ContinuousClock()
        let start = clock.now
        let requests = Locked(0)
        proxy.add { _ in
            requests.withLock { $0 += 1 }
            return nil
        }
        var counted = 0
        for (signal, part) in [(SIGINT, 4), (SIGKILL, 2)] {
            let release = try bulk.start(["release"] + most + ["--yes"], isCounted: signal == SIGINT)
            while try await station.keys(station.media).count < count / part {
                try await Task.sleep(for: .milliseconds(50))
            }
            release.send(signal)
            let exit = try await release.exit(within: .seconds(60))
            guard signal == SIGINT else { continue }
            #expect(exit.ending == .code(75), "\(exit.standardError)")
            counted = try await station.keys(station.media).count
        }
        try await station.endReviewClaims()

        // Run again to the end.
        let before = try await station.keys(station.media).count
        let rest = clock.now
        let release = try await bulk.run(["release"] + most + ["--yes"])
        #expect(release.ending == .code(0), "\(release.standardError)")
        let done = try await station.keys(station.media).count
        #expect(done == count - 1)
        #expect(try await station.keys(station.quarantine).count == 1)
        let end = clock.now

        try await checkMemory(bulk)

        let restCount = max(1, done - before)
        print(
            "bulk: \(count) objects in \((end - start) / .seconds(1)) s with a stop and a kill; the last \(restCount) in \((end - rest) / .seconds(1)) s, \(Double(requests.withLock { $0 }) / Double(max(1, counted))) requests each, \(release.memory.own >> 20) MiB; list \(found.memory.own >> 20) MiB"
        )
    }

    /// The released bytes are on record, and are promoted if they come again.
    private func checkMemory(_ bulk: Bulk) async throws {
        let (station, count) = (bulk.station, Self.count)
        let pending = try await bulk.run(["list", "--state", "pending"])
        #expect(pending.standardError == "no objects match\n")
        let known = try await bulk.run(["false-positives", "list", "--limit", "100000", "--json"], filtered: false)
        #expect(known.standardOutput.split(separator: "\n").count == count - 1)
        try await station.upload(Self.document(1), "uploads/again.pdf", UploadOptions(type: "application/pdf"))
        try await station.settle()
        let again = try await station.job("uploads/again.pdf")
        #expect(again.disposition == "promoted", "\(again.findings)")
        let verified = try await Program(
            StationFixture.lazaret, ["ledger", "verify", "--ledger", station.ledger], environment: [:]
        ).exit(within: .seconds(300))
        #expect(verified.ending == .code(0), "\(verified)")
    }
}
