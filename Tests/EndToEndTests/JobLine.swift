import Foundation
import TestKit

/// A line of `lazaret jobs list --json` with every field of the stable interface, in its type.
struct JobLine: Decodable {
    struct Finding: Decodable, Equatable {
        let kind: String
        let name: String
        let detail: String
    }
    struct Types: Decodable {
        let declared: String?
        let detected: String?
    }
    struct Evidence: Decodable {
        let bytesRead: Int64?
        let engine: String?
        let signatures: String?
        let scanMillis: Int64?
        let limits: [String]
        let databases: [Database]
        let objects: Int?
        let deepest: Int?
        let method: String?
        let recovered: Int?
    }
    struct Database: Decodable {
        let name: String
        let version: Int64?
        let built: String
    }
    struct Place: Decodable {
        let bucket: String
        let key: String
        let versionId: String?
    }

    let job: String
    let pipeline: String?
    let bucket: String
    let key: String
    let versionId: String?
    let etag: String?
    let sequencer: String?
    let size: Int64?
    let outcome: String?
    let verdict: String?
    let findings: [Finding]
    let type: Types
    let sha256: String?
    let evidence: Evidence
    let disposition: String?
    let destination: Place?
    let attempts: Int
    let firstReceivedAt: String
    let finishedAt: String?
    let error: String?
}

/// The summary, which is the last line of a worker's log.
struct Summary: Decodable {
    let message: String
    let objects: Int
    let bytes: Int64
    let seconds: Double
    let workerCPUSeconds: Double
    let scannerCPUSeconds: Double

    init(of exit: Program.Exit) throws {
        let line = exit.errorLines.last.map(String.init) ?? ""
        do {
            self = try JSONDecoder().decode(Summary.self, from: Data(line.utf8))
        } catch {
            throw NoSummary(line: line)
        }
        guard message == "finished" else { throw NoSummary(line: line) }
    }

    struct NoSummary: Error { let line: String }
}
