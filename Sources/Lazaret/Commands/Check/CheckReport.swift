internal import Domain
internal import Inspection
internal import ScanProtocol
internal import Support

/// Prints each check of `lazaret check` as it ends, and counts the failures.
struct CheckReport {
    let asJSON: Bool
    private(set) var count = 0
    private(set) var failures = 0
    /// The exit status if a check failed: a wrong setting outweighs an unreachable service.
    private(set) var status = ExitStatus.unavailable

    init(asJSON: Bool) { self.asJSON = asJSON }

    /// Runs one check. Returns its value, or nil if it failed. The detail may have several lines.
    @discardableResult
    mutating func check<Value>(_ name: String, _ body: () async throws -> (Value, String)) async -> Value? {
        count += 1
        do {
            let (value, detail) = try await body()
            printCheck(name, isGood: true, detail.split(separator: "\n").map(String.init))
            return value
        } catch let failure as CommandFailure {
            fail(name, failure)
        } catch {
            fail(name, CommandFailure(.internalError, "\(error)"))
        }
        return nil
    }

    /// Adds each signature database with its age. A set that does not load fails the check of the scanner instead.
    mutating func addSignatures(of engine: EngineDescription) {
        count += 1
        let now = Timestamp.now()
        let alarm = engine.falseAlarm.map { ["WARNING: the set finds \($0)"] } ?? []
        printCheck("signatures", isGood: true, SignatureAges.lines(of: engine.databases, now: now) + alarm) { json in
            json.objects("databases", engine.databases) { database, json in
                json.field("name", database.name)
                json.field("version", database.version)
                json.field("signatures", database.signatures)
                json.field("built", database.built.description)
                json.field("ageSeconds", max(0, now.duration(since: database.built).components.seconds))
            }
        }
    }

    /// Adds how many signatures with patterns are filtered, per database and reason. A filter that was asked for and
    /// is not there is a warning.
    mutating func addMatching(of engine: EngineDescription) {
        count += 1
        let matching = engine.matching
        var lines = matching.counts.map { count in
            let reasons = count.whole.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            let kept = count.whole.values.reduce(0, &+)
            let rest = kept > 0 ? ", \(kept) not (\(reasons.joined(separator: ", ")))" : ""
            return "\(count.database): \(count.filtered) signatures are filtered\(rest)"
        }
        if !matching.obstacle.isEmpty { lines = ["WARNING: nothing is filtered: \(matching.obstacle)"] }
        if lines.isEmpty { lines = ["whole"] }
        printCheck("matching", isGood: true, lines) { json in
            json.field("filtered", matching.isFiltered)
            json.objects("databases", matching.counts) { count, json in
                json.field("name", count.database)
                json.field("filtered", count.filtered)
                json.objects("whole", count.whole.sorted { $0.key < $1.key }) { reason, json in
                    json.field("reason", reason.key)
                    json.field("signatures", reason.value)
                }
            }
        }
    }

    /// Adds the properties of the scanner's sandbox, each with the layers that give it. A missing one is a warning;
    /// with `--require-sandbox` the scanner does not start, and its own check fails.
    mutating func addSandbox(of engine: EngineDescription) {
        count += 1
        var lines: [String] = []
        for property in SandboxProperty.allCases {
            let layers = property.layers(of: engine.sandbox)
            lines.append(
                layers.isEmpty
                    ? "WARNING: nothing gives '\(property.rawValue)': \(property.advice)"
                    : "\(property.rawValue): \(layers.joined(separator: ", "))")
        }
        if !engine.missingLayers.isEmpty {
            lines.append("not supported here: \(engine.missingLayers.joined(separator: ", "))")
        }
        printCheck("sandbox", isGood: true, lines) { json in
            json.objects("properties", SandboxProperty.allCases) { property, json in
                json.field("name", property.rawValue)
                json.field("layers", property.layers(of: engine.sandbox))
            }
            json.objects("layers", engine.sandbox) { layer, json in
                json.field("name", layer.name)
                json.field("given", layer.isGiven)
                json.field("detail", layer.detail)
            }
        }
    }

    private mutating func fail(_ name: String, _ failure: CommandFailure) {
        failures += 1
        if failure.status != .unavailable { status = .configuration }
        printCheck(name, isGood: false, failure.lines)
    }

    private func printCheck(
        _ name: String, isGood: Bool, _ lines: [String], more: (inout JSONWriter) -> Void = { _ in }
    ) {
        guard !asJSON else {
            return outputJSON { json in
                json.field("check", name)
                json.field("ok", isGood)
                json.field("detail", lines.joined(separator: "\n"))
                more(&json)
            }
        }
        for (index, line) in lines.enumerated() {
            let head = index == 0 ? "\(isGood ? "ok  " : "FAIL")  \(name)" : ""
            output("\(head.padded(to: 28))  \(printable(line))")
        }
    }
}
