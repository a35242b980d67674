import Foundation
import TestKit

/// A step of a job, in the order in which they come, at which a worker is killed.
enum CrashStep: String, CaseIterable {
    /// The queue has given the messages; the worker does not know.
    case receiving
    /// The worker has the messages, and no claim is in the ledger yet.
    case received
    /// The claims are in the ledger, and nothing of the objects was asked for.
    case claimed
    /// S3 has answered; no byte came to the worker.
    case fetching
    /// The worker has the bytes, and no verdict can be on record.
    case inspecting
    /// The verdicts are on record, and no copy was asked for.
    case recorded
    /// The copies are made; the worker does not know.
    case copied
    /// Of a copy by parts, the upload is begun, and no part is copied.
    case begun
    /// All parts are copied, and S3 is to put them together.
    case completing
    /// S3 has put them together; the worker does not know.
    case completed
    /// The copy that S3 put together is about to be looked at.
    case proving
    /// A tag is about to be set on what is kept.
    case tagging
    /// The tag is set; the worker does not know.
    case tagged
    /// The copies are proven, and no source is deleted.
    case deleting
    /// The sources are deleted; the worker does not know.
    case deleted
    /// The outcomes are in the ledger, and the queue was told nothing.
    case finished
    /// The messages are deleted; the worker does not know.
    case acknowledged

    /// Attempts on record at the end, for those objects that surely were at this step.
    var attempts: Int {
        switch self {
        case .receiving, .received, .finished, .acknowledged: 1
        default: 2
        }
    }

    /// Whether a job was at this step when the worker was killed.
    func stops(_ key: String) -> Bool {
        switch self {
        case .recorded, .copied: ["parts/parts.bin", "uploads/clean.txt", "uploads/infected.txt"].contains(key)
        // A copy in one request is proven by its answer.
        case .begun, .completing, .completed, .proving: key == "parts/large.bin"
        case .tagging, .tagged: key == "kept/kept.txt"
        case .deleting, .deleted: key != "kept/kept.txt"
        default: true
        }
    }
}

/// Keeps others from writing to a SQLite file for as long as it lives.
final class WriteLock: Sendable {
    private let holder: Program

    init(_ path: String) async throws {
        let script = """
            import sqlite3, sys
            connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
            connection.execute("BEGIN IMMEDIATE")
            print("locked", flush=True)
            sys.stdin.read()
            """
        holder = try Program(
            Project.python, ["-c", script, path], environment: ["PATH": "/usr/bin"], holdingInput: true)
        _ = try await holder.outputLine(within: .seconds(40)) { $0 == "locked" }
    }

    func release() async throws {
        holder.closeInput()
        _ = try await holder.exit(within: .seconds(10))
    }
}
