/// The keys of a pipeline file. `pipelines/schema.json` has the same keys for editors; a test compares them.
enum PipelineKeys {
    static let top = [
        "pipeline", "match", "accept", "scan", "unversioned", "sidecars", "storage", "expected-bucket-owner", "aws",
        "review", "recheck", "reuse-verdicts", "notify", "then",
    ]
    static let match = ["bucket", "prefix", "exclude"]
    static let accept = ["max-size", "types", "declared-type", "polyglots", "quota"]
    static let quota = ["by", "objects-per-hour", "bytes-per-day"]
    static let scan = [
        "timeout", "max-scan-size", "max-files", "max-recursion", "encrypted", "over-ceiling", "unknown", "image-hash",
        "rejected-too",
    ]
    static let aws = ["role-arn", "external-id", "region"]
    static let review = ["four-eyes"]
    static let notify = ["sns", "sqs", "eventbridge", "webhook", "verdicts", "dispositions", "received", "reviews"]
    static let webhook = ["url", "secrets"]
    static let then = ["clean", "infected", "unscannable", "rejected"]
    static let action = ["move", "quarantine", "tag", "tags"]
    /// Actions without a value.
    static let bareActions = ["delete", "keep"]
}
