internal import AWS
internal import Pipelines

extension Cloud {
    /// Checks that a pipeline's tags in place can't meet an upload that was not inspected: S3 sets tags without a
    /// condition, and only a version stays what it was.
    ///
    /// - Returns: what `lazaret check` prints, and whether it is a warning.
    /// - Throws: `CommandFailure` if the bucket has no versions and the pipeline does not accept the race.
    func checkTagsInPlace(of pipeline: Pipeline) async throws -> (text: String, isWarning: Bool) {
        let bucket = pipeline.match.bucket
        let names = pipeline.tagsInPlace.sorted().joined(separator: ", ")
        let text = "\(names): deny uploaders to set these tags (docs/SETUP.md, \"The tags of a verdict\")"
        let versioning: BucketVersioning
        do throws(AWSError) {
            versioning = try await s3(of: pipeline).versioning(of: bucket)
        } catch {
            let reason = "whether \(bucket) has versions is unknown (\(error)); allow s3:GetBucketVersioning"
            return ("\(text); WARNING: \(reason)", true)
        }
        switch (versioning, pipeline.unversioned) {
        case (.enabled, _): return (text, false)
        case (_, .acceptRace):
            let race = "\(bucket) has no versions, so an object can carry the tags of another for a while"
            return ("\(text); WARNING: \(race): compare its ETag with the tag lazaret-object", true)
        case (_, .refuse):
            throw CommandFailure(
                .configuration,
                "pipeline \(pipeline.name) tags objects in place in \(bucket), which has no versions: a tag could meet an upload that nobody inspected",
                "Enable versioning on \(bucket), or accept the race in the pipeline: unversioned: accept-race")
        }
    }
}
