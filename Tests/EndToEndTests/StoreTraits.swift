import TestKit
import Testing

/// What each store of the tests can do: the one table behind the tests of stores, and behind `docs/STORES.md`.
struct StoreTraits: Sendable, CustomTestStringConvertible {
    let kind: LocalStore.Kind
    /// What `lazaret check --write` reports that the store keeps, and what it ignores, of a bucket without versions.
    let keeps: Set<String>
    let ignores: Set<String>
    /// Whether a bucket can keep versions.
    let canKeepVersions: Bool
    /// Whether tags of an upload, and of a verdict, are there afterwards.
    let keepsTags: Bool

    var testDescription: String { kind.rawValue }

    static let all = [
        StoreTraits(
            kind: .miniStack,
            keeps: [
                "ranges", "conditional reads", "conditional copies", "conditional deletes", "copies in parts", "tags",
                "checksums of uploads",
            ],
            ignores: ["checksums of copies"], canKeepVersions: true, keepsTags: true),
        StoreTraits(
            kind: .moto,
            keeps: [
                "ranges", "conditional reads", "conditional deletes", "checksums of copies", "copies in parts", "tags",
            ],
            ignores: ["conditional copies", "checksums of uploads"], canKeepVersions: true, keepsTags: true),
        StoreTraits(
            kind: .rclone, keeps: ["ranges"],
            ignores: [
                "conditional reads", "conditional copies", "conditional deletes", "versions", "checksums of copies",
                "checksums of uploads", "copies in parts", "tags",
            ], canKeepVersions: false, keepsTags: false),
    ]
}
