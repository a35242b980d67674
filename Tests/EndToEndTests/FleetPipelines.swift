import TestKit

/// The pipelines of a fleet's station besides the lax one, each for the uploads below a prefix.
enum FleetPipeline: String, CaseIterable {
    /// Objects that are tagged in place.
    case tagged
    /// Objects of a tus server, each with a side-car.
    case tus
    /// Objects of a few uploaders with a quota.
    case metered
    /// Objects that people review: of the lax pipeline.
    case reviewed

    var prefix: String { rawValue + "/" }

    func takes(_ key: String) -> Bool { key.hasPrefix(prefix) }

    static let objectsPerHour = 25

    /// Nil if the lax pipeline takes the uploads.
    var rules: String? {
        switch self {
        case .tagged:
            """
            pipeline: tags
            match: { bucket: INCOMING, prefix: tagged/ }
            accept: { declared-type: ignore }
            unversioned: accept-race
            then:
              clean:       { tag: { scan: clean } }
              infected:    { tag: { scan: infected } }
              unscannable: keep
              rejected:    keep
            """
        case .tus:
            """
            pipeline: tus
            match: { bucket: INCOMING, prefix: tus/, exclude: ["*.info", "*.part"] }
            sidecars: delete
            accept: { declared-type: ignore }
            then:
              clean:       { move: "s3://MEDIA/{key}" }
              infected:    { quarantine: "s3://QUARANTINE/{job}" }
              unscannable: { quarantine: "s3://QUARANTINE/{job}" }
              rejected:    keep
            """
        case .metered:
            """
            pipeline: metered
            match: { bucket: INCOMING, prefix: metered/ }
            accept: { declared-type: ignore, quota: { by: first-segment, objects-per-hour: \(Self.objectsPerHour) } }
            then:
              clean:       { move: "s3://MEDIA/{key}" }
              infected:    { quarantine: "s3://QUARANTINE/{job}" }
              unscannable: { quarantine: "s3://QUARANTINE/{job}" }
              rejected:    { quarantine: "s3://QUARANTINE/{job}" }
            """
        case .reviewed: nil
        }
    }

    /// The lax pipeline, without what the planned ones take.
    static func laxRules(besides planned: Set<FleetPipeline>) -> String {
        let excluded = planned.filter { $0.rules != nil }.map { "\"\($0.prefix)*\"" }.sorted()
        guard !excluded.isEmpty else { return StationFixture.laxRules }
        return StationFixture.laxRules.replacing(
            "INCOMING", with: "INCOMING\n  exclude: [\(excluded.joined(separator: ", "))]")
    }

    /// The key of a new upload.
    func key(_ number: Int) -> String {
        switch self {
        case .tagged: "tagged/\(number)"
        case .tus: "tus/\(number)"
        case .metered: "metered/\(["ana", "ben", "cem"][number % 3])/\(number)"
        case .reviewed: "reviewed/\(number).txt"
        }
    }

    /// Whether later uploads may take the same key: not where the account goes by keys.
    var isOverwritten: Bool { self == .tagged }
}
