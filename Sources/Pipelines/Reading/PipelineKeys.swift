/// The words of a pipeline's file. `pipelines/schema.json` says the same to editors, and a test holds them together.
enum FormatKeys {
    static let top = ["pipeline", "match", "accept", "scan", "then"]
    static let match = ["bucket", "prefix", "exclude"]
    static let accept = ["max-size", "types", "declared-type", "polyglots"]
    static let scan = [
        "timeout", "max-scan-size", "max-files", "max-recursion", "encrypted", "over-ceiling", "image-hash",
        "rejected-too",
    ]
    static let then = ["clean", "infected", "unscannable", "rejected"]
    static let action = ["move", "quarantine", "tag", "tags"]
    /// An action that is a word alone.
    static let bareActions = ["delete", "keep"]
}
