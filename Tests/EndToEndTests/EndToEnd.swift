import Testing

/// The built programs against a local cloud. Each test has buckets, a queue and a ledger of its own, and looks at what S3
/// and SQS hold afterwards through a client that shares no code with Lazaret.
@Suite(.timeLimit(.minutes(2))) enum EndToEnd {}
