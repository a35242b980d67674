import Testing

/// The built programs against a local cloud. Each test has its own buckets, queue and ledger, and inspects S3 and SQS
/// through a client that shares no code with Lazaret.
@Suite(.timeLimit(.minutes(2))) enum EndToEnd {}
