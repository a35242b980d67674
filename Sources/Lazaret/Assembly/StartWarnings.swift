internal import Domain
internal import Ledger
internal import Pipelines
internal import ScanProtocol
internal import Support

/// What `lazaret check` warns of and a worker may start with: it logs the same at its start.
enum StartWarnings {
    static func texts(
        pipelines: PipelineSet, ledgerURL: String, databases: [SignatureDatabase], environment: [String: String],
        now: Timestamp = .now()
    ) -> [String] {
        var texts = pipelines.warnings.map(\.description)
        if let server = try? LedgerLocation(url: ledgerURL).unverifiedServer(environment: environment) {
            texts.append("ledger: \(server)")
        }
        if let stale = SignatureAges.remark(on: databases, now: now), stale.hasPrefix("WARNING: ") {
            texts.append("signatures: \(stale.dropFirst(9))")
        }
        if let unknown = unknownVariables(environment) { texts.append(unknown) }
        return texts
    }

    /// Names the variables that look like flags and are none; nil if there are none.
    static func unknownVariables(_ environment: [String: String]) -> String? {
        let known = Set(Lazaret.commands.flatMap { $0.flags.map(\.variable) })
        let unknown = environment.keys.filter { $0.hasPrefix("LAZARET_") && !known.contains($0) }
        guard !unknown.isEmpty else { return nil }
        return "no flag belongs to the variable \(unknown.sorted().joined(separator: ", "))"
    }
}
