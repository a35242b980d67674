import Foundation
import Glibc
import Support
import TestKit
import TestRandom
import Testing

/// What a fleet is disturbed with besides kills and faults: commands that send everything again, bodies of other
/// shapes, and an uploader who means harm.
extension Fleet {
    // MARK: Uploads

    /// One key over and over, or one of 1024 bytes; nil for an ordinary upload.
    func hostileKey(_ dice: inout SeededGenerator) -> String? {
        guard plan.isHostile else { return nil }
        if dice.chance(0.15) {
            count("of one key")
            return "hostile/same.txt"
        }
        guard dice.chance(0.05) else { return nil }
        count("of a key of 1024 bytes")
        let start = "hostile/\(UInt32.random(in: 0 ... .max, using: &dice))/"
        return start + String(repeating: "é", count: (1024 - start.utf8.count) / 2)
            + String(repeating: "k", count: start.utf8.count % 2)
    }

    /// Ten tags, so that none is left, with a verdict among them; nil for an ordinary upload.
    func hostileTags(_ dice: inout SeededGenerator, _ number: Int) -> [String: String]? {
        guard plan.isHostile, dice.chance(0.1) else { return nil }
        count("with ten tags")
        var tags = ["scan": "clean", "number": "\(number)"]
        for index in 1...8 { tags["t\(index)"] = "\(number)" }
        return tags
    }

    private func count(_ kind: String) { history.withLock { $0.hostile[kind, default: 0] += 1 } }

    // MARK: Messages

    /// Sends a message's body once more: as it was or in EventBridge's shape, to the queue that S3 notifies or to the
    /// FIFO queue.
    func sendDuplicate(_ body: String, _ dice: inout SeededGenerator) async throws {
        guard let again else { return try await station.cloud.send(body, to: station.queue) }
        let shaped = dice.chance(0.5) ? eventBridgeBody(of: body) ?? body : body
        try await station.cloud.send(shaped, to: dice.chance(0.5) ? again : station.queue)
    }

    /// Backfills the bucket and replays every job of the ledger, again and again.
    func sendAgain(until end: ContinuousClock.Instant) async throws {
        guard let every = plan.sendsAgain, let again else { return }
        while ContinuousClock.now + every < end {
            try await Task.sleep(for: every)
            let shared = ["--queue", again.url, "--ledger", ledger, "--json"]
            if plan.versioned {
                try await send(
                    ["backfill", "s3://\(station.incoming)", "--pipelines", station.folder.path + "/pipelines"] + shared
                ) { $0.contains(#""result":"sent""#) }
            }
            try await send(["replay", "--since", "1h"] + shared) {
                $0.contains(#""action":"reopen""#) || $0.contains(#""action":"send""#)
            }
        }
    }

    private func send(_ words: [String], _ isSent: (Substring) -> Bool) async throws {
        let exit = try await Program(
            StationFixture.lazaret, words, environment: station.stack.environment
        ).exit(within: .seconds(60))
        #expect(exit.ending == .code(0), "\(words[0]): \(exit.standardError), seed \(plan.seed)")
        let sent = exit.standardOutput.split(separator: "\n").count(where: isSent)
        history.withLock { $0.sentAgain += sent }
    }
}

/// The event of an S3 notification's first record as EventBridge delivers it (Amazon S3 User Guide, "EventBridge event
/// message structure"); nil if there is no record. Its keys are not encoded.
private func eventBridgeBody(of body: String) -> String? {
    guard let outer = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any],
        let record = (outer["Records"] as? [[String: Any]])?.first, let s3 = record["s3"] as? [String: Any],
        let bucket = s3["bucket"] as? [String: Any], let object = s3["object"] as? [String: Any],
        let key = (object["key"] as? String)?.replacingOccurrences(of: "+", with: " ").removingPercentEncoding
    else { return nil }
    var moved: [String: Any] = ["key": key]
    for (from, to) in [("size", "size"), ("eTag", "etag"), ("versionId", "version-id"), ("sequencer", "sequencer")] {
        moved[to] = object[from]
    }
    let event: [String: Any] = [
        "version": "0", "id": "00000000-0000-0000-0000-000000000000", "detail-type": "Object Created",
        "source": "aws.s3", "time": record["eventTime"] ?? "", "region": "us-east-1",
        "detail": ["version": "0", "bucket": ["name": bucket["name"] ?? ""], "object": moved, "reason": "PutObject"],
    ]
    return (try? JSONSerialization.data(withJSONObject: event)).map { String(decoding: $0, as: UTF8.self) }
}
