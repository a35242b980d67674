import Foundation
import TestKit
import Worker

/// A moment at which a worker is killed, in the order of a job's steps.
enum CrashStep: String, CaseIterable {
    /// The queue has sent the messages; the worker has not received the answer.
    case receiving
    /// The worker has the messages, and no claim is in the ledger yet.
    case received
    /// The claims are in the ledger, and no object was requested.
    case claimed
    /// S3 has answered; the worker has received no byte.
    case fetching
    /// The uploads are counted in their quota, and the scanner has answered none of its requests.
    case charged
    /// The worker has the bytes, and no judgement can be on record.
    case inspecting
    /// The judgements are on record, and no copy was requested.
    case recorded
    /// The copies are made; the worker has not received the answer.
    case copied
    /// A multipart upload is created, and no part is copied.
    case begun
    /// All parts are copied, and the upload is not completed.
    case completing
    /// The upload is completed; the worker has not received the answer.
    case completed
    /// The copy of a completed upload is about to be verified.
    case verifying
    /// A tag is about to be set on an object that is kept.
    case tagging
    /// The tag is set; the worker has not received the answer.
    case tagged
    /// The copies are verified, and no source is deleted.
    case deleting
    /// The sources are deleted; the worker has not received the answer.
    case deleted
    /// The object of a tus server is moved, and its side-car is about to be deleted.
    case sidecar
    /// The side-car is deleted; the worker has not received the answer.
    case sidecarDeleted
    /// The outcomes are in the ledger, and the messages are not deleted.
    case finished
    /// The messages are deleted; the worker has not received the answer.
    case acknowledged

    /// The job's step that is interrupted; nil before there is a job.
    var step: JobStateMachine.Step.Name? {
        switch self {
        case .receiving, .received: nil
        case .claimed: .claim
        case .fetching: .fetch
        case .charged: .charge
        case .inspecting: .inspect
        case .recorded: .record
        case .copied, .begun, .completing, .completed, .verifying: .copy
        case .tagging, .tagged: .tag
        case .deleting, .deleted: .delete
        case .sidecar, .sidecarDeleted: .removeSidecars
        case .finished: .finish
        case .acknowledged: .settle
        }
    }

    /// The attempts on record at the end, for objects whose job was interrupted.
    var attempts: Int {
        switch self {
        case .receiving, .received, .finished, .acknowledged: 1
        default: 2
        }
    }

    /// Whether the job of a key was interrupted by the kill.
    func stops(_ key: String) -> Bool {
        switch self {
        case .recorded, .copied: ["parts/parts.bin", "uploads/clean.txt", "uploads/infected.txt"].contains(key)
        case .charged: key.hasPrefix("uploads/")
        case .sidecar, .sidecarDeleted: key == "parts/parts.bin"
        // A copy in one request is verified by its answer.
        case .begun, .completing, .completed, .verifying: key == "parts/large.bin"
        case .tagging, .tagged: key == "kept/kept.txt"
        case .deleting, .deleted: key != "kept/kept.txt"
        default: true
        }
    }
}

/// Locks a SQLite file against other writers until it is released.
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

    /// Locks a table of a PostgreSQL server.
    init(of server: PostgresServer, _ database: String, table: String) async throws {
        holder = try server.session(database)
        holder.write(Array("BEGIN; LOCK TABLE \(table) IN EXCLUSIVE MODE;\nSELECT 'locked';\n".utf8))
        _ = try await holder.outputLine(within: .seconds(40)) { $0 == "locked" }
    }

    func release() async throws {
        holder.closeInput()
        _ = try await holder.exit(within: .seconds(10))
    }
}
