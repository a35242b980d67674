internal import Domain

extension Arguments {
    /// Bytes: `512MiB`, `5GiB` or a bare number.
    func byteCount(_ name: String, in range: ClosedRange<Int64>) throws -> Int64? {
        guard let text = text(name) else { return nil }
        let digits = text.utf8.prefix { (0x30...0x39).contains($0) }.count
        let unit = ["", "KiB", "MiB", "GiB", "TiB"].firstIndex(of: String(text.dropFirst(digits)))
        guard let unit, let number = Int64(text.prefix(digits)), number <= Int64.max >> (10 * Int64(unit)),
            range.contains(number << (10 * Int64(unit)))
        else {
            throw CommandFailure(
                .usage,
                "\(origin(of: name)) takes a size from \(inUnits(range.lowerBound)) to \(inUnits(range.upperBound)), as 512MiB, not '\(text)'"
            )
        }
        return number << (10 * Int64(unit))
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
