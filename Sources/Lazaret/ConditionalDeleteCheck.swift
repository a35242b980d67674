internal import AWS
internal import Domain

extension S3Client {
    /// How objects of a source bucket are deleted, in words: whether the store keeps to a condition.
    ///
    /// Found out without harm by deletes of a name that nothing has, so that nothing is written and nothing removed: under a
    /// condition S3 answers 404 to that, without one 204. Where it can't be told, the words say why; the worker finds out by itself.
    func conditionalDeletes(in bucket: String, below prefix: String) async -> String {
        let name = "\(prefix).lazaret-check-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        guard let key = ObjectKey(name) else { return notKnown("the prefix is too long to ask below it") }
        let versioning = try? await versioning(of: bucket)
        if versioning == .enabled { return "each delete names its version" }
        // A delete that names no version leaves a marker behind in a bucket that had versions.
        let nothing = ObjectDeletion(
            ObjectLocation(bucket: bucket, key: key), version: versioning == .never ? nil : .null)
        var conditional = nothing
        conditional.ifMatch = "lazaret-asks-whether-conditions-are-kept"
        do {
            try await delete(conditional)
            return notKept
        } catch {
            switch error.status {
            case 412: return kept
            case 400, 501: return notKept
            case 404: break
            default: return notKnown("\(error)")
            }
        }
        do {
            try await delete(nothing)
            return kept
        } catch {
            return notKnown("the store answers every delete of what is not there with \(error.status ?? 0)")
        }
    }
}

private let kept = "conditional deletes: honoured"
private let notKept = "conditional deletes: not honoured, so a HEAD goes before each delete"

private func notKnown(_ reason: String) -> String {
    "conditional deletes: not known (\(reason)); the worker finds out with its first delete"
}
