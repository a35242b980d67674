internal import Digest
internal import Domain
internal import Judging
internal import ScanProtocol
internal import Support
internal import Transfer

extension ObjectInspection {
    /// A clean judgement that may stand for a scan, and its job.
    package struct Vouching: Sendable {
        let job: JobID
        let judgement: Judgement
    }

    /// Returns the clean judgement of another job on bytes with this SHA-256, if it may stand for a scan.
    package typealias VouchingSource = @Sendable (_ sha256: String) async throws -> Vouching?

    /// The hash of a whole object, and the judgement if another job vouches for these bytes.
    struct HashedBytes: Sendable {
        let sha256: String
        let known: Judgement?
    }

    func hash(
        _ bytes: SpooledBytes, _ judge: Judge, _ vouching: VouchingSource
    ) async throws -> HashedBytes {
        let sha256 = try await bytes.sha256()
        let known = try await vouching(sha256).flatMap { vouching in
            judge.judgement(reusing: vouching.judgement, of: vouching.job, sha256: sha256, bytesRead: bytes.size)
        }
        return HashedBytes(sha256: sha256, known: known)
    }

    /// Identifies all that a scan depends on besides the object, if it is made now: a key for each name of the engine,
    /// none if no signatures serve.
    func reuseKeys(rules: String) -> [String] {
        guard let databases = inspector.signatureSet else { return [] }
        return inspector.engines.compactMap { reuseKey(rules: rules, engine: $0, databases: databases) }
    }

    /// Identifies all that a scan depended on besides the object, in lowercase hexadecimal; nil if that is not known.
    ///
    /// - Parameter rules: the fingerprint of the pipeline.
    func reuseKey(rules: String, engine: String?, databases: [SignatureDatabase]) -> String? {
        // Of very many databases the list is cut, and those that are not on it may have changed.
        guard let engine, !databases.isEmpty, databases.count < EngineFacts.maximumDatabases else { return nil }
        return hexadecimal(
            SHA256.hash(
                JSONWriter.object { json in
                    json.field("program", program)
                    json.field("rules", rules)
                    json.field("engine", engine)
                    json.objects("databases", databases) { database, json in
                        json.field("name", database.name)
                        json.field("version", database.version)
                        json.field("built", database.built.milliseconds)
                    }
                }))
    }
}
