import Domain
import Glibc
import Ledger
import TestKit
import Testing

@testable import Ledger

/// What event and object said of the upload, for each driver.
@Suite(.timeLimit(.minutes(1))) struct ObjectFactsTests {
    private static let uploader = Uploader(
        principal: "AWS:AID\u{1b}[31m", sourceIP: "203.0.113.9", requestID: "R\u{0}1")

    @Test(arguments: LedgerDriver.allCases) func `the uploader and the facts of the object are kept`(
        _ driver: LedgerDriver
    ) async throws {
        try await driver.withLedger { ledger in
            let plain = job(1)
            let event = Event(
                object: plain.object, size: 10, sequencer: "001", time: at(-1), name: "ObjectCreated:Put",
                uploader: Self.uploader)
            let token = try await ledger.take(Job(id: plain.id, event: event))
            let basis = JudgementBasis(
                rules: "r", destination: ObjectLocation(bucket: "b", key: ObjectKey("k")!), taggingSince: at(1),
                facts: ObjectFacts(
                    userMetadata: "{\"name\":\"é\u{202e}\"}", userTags: "{\"scan\":\"clean\"}",
                    contentDisposition: "attachment; filename=\"a\"", lastModified: at(-2)))
            _ = try await ledger.record(clean, for: token, under: basis, at: at(1))
            let record = try #require(try await ledger.job(plain.id))
            #expect(record.basis == basis)
            #expect(record.job.event.uploader.principal == Self.uploader.principal)
            #expect(record.job.event.uploader.sourceIP == Self.uploader.sourceIP)
            let line = String(decoding: record.jsonLine, as: UTF8.self)
            #expect(line.contains("\"sourceIp\":\"203.0.113.9\"") && !line.utf8.contains(0x1b))
        }
    }

    @Test func `texts that are too long are left out`() {
        let long = String(repeating: "é", count: 5000)
        let facts = ObjectFacts(userMetadata: long, userTags: long, contentDisposition: long)
        #expect(facts == ObjectFacts())
        #expect(Uploader(principal: long, sourceIP: long, requestID: long) == Uploader())
    }

    @Test func `a new ledger is readable by its user alone`() async throws {
        try await withFolder { folder in
            let before = umask(0)
            defer { umask(before) }
            let ledger = try await openLedger(at: "sqlite:\(folder)/ledger.db", log: .silent)
            try await ledger.settle(job(1))
            for suffix in ["", "-wal", "-shm"] {
                var status = stat()
                #expect(stat("\(folder)/ledger.db\(suffix)", &status) == 0)
                #expect(status.st_mode & 0o777 == 0o600)
            }
            await ledger.close()
        }
    }
}
