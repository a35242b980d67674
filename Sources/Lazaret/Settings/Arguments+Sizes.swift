internal import Domain
internal import Pipelines

extension Arguments {
    /// Bytes, as in a pipeline: a whole number, or one with a unit such as MiB.
    func byteCount(_ name: String, in range: ClosedRange<Int64> = 1...Int64.max) throws -> Int64? {
        guard let text = text(name) else { return nil }
        guard let bytes = Pipelines.byteCount(text), range.contains(bytes) else {
            let expected =
                range.upperBound == .max
                ? "above 0, such as 500MB or 20GiB"
                : "from \(inUnits(range.lowerBound)) to \(inUnits(range.upperBound)), as 512MiB"
            throw CommandFailure(.usage, "\(origin(of: name)) takes a size \(expected), not '\(text)'")
        }
        return bytes
    }
}

/// As a flag takes it, in the largest unit that leaves a whole number.
private func inUnits(_ bytes: Int64) -> String {
    for (shift, unit) in [(Int64(40), "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")]
    where bytes > 0 && bytes % (1 << shift) == 0 {
        return "\(bytes >> shift)\(unit)"
    }
    return "\(bytes)"
}
