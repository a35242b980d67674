import Foundation
import Testing

/// The length and first seed of a fuzz run. `make fuzz` sets them; a run of all tests takes a few thousand cases.
enum Fuzzing {
    /// Seconds for each test here; nil for a short run of a fixed number of cases.
    static let seconds = ProcessInfo.processInfo.environment["LAZARET_FUZZ_SECONDS"].flatMap(Double.init)
    /// The first seed. Each case has its own, one higher than the case before.
    static let firstSeed =
        ProcessInfo.processInfo.environment["LAZARET_FUZZ_SEED"].flatMap { UInt64($0) }
        ?? (seconds == nil ? 1 : UInt64.random(in: 0...(.max >> 1)))

    /// Runs cases until the time is up or `short` are done. Stops at the first failure, whose seed is in the issue.
    static func run(short: Int, _ body: (UInt64) async throws -> Bool) async rethrows {
        let end = seconds.map { ContinuousClock.now + .seconds($0) }
        var seed = firstSeed
        while end.map({ .now < $0 }) ?? (seed < firstSeed + UInt64(short)) {
            guard try await body(seed) else { return }
            seed += 1
        }
        if seconds != nil { print("\(seed - firstSeed) cases, seeds \(firstSeed) to \(seed - 1)") }
    }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}
