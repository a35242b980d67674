internal import Domain
internal import Glibc
internal import Inspection
internal import Support
internal import Worker

/// Requests sent, retries included.
struct RequestCounts {
    let s3: Int
    let sqs: Int

    static func - (all: Self, earlier: Self) -> Self { Self(s3: all.s3 - earlier.s3, sqs: all.sqs - earlier.sqs) }
}

/// The summary of a worker's run.
struct RunSummary {
    let counts: Progress.Counts
    let elapsed: Duration
    /// The worker process alone, without the scanners.
    let workerCPU: Duration
    let workerPeakBytes: Int64
    let scanners: ScannerUsage
    let requests: RequestCounts

    /// - Parameters:
    ///   - elapsed: the running time without start-up.
    ///   - requests: likewise without start-up.
    init(_ counts: Progress.Counts, elapsed: Duration, scanners: ScannerUsage, requests: RequestCounts) {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        workerCPU = Duration(usage.ru_utime) + Duration(usage.ru_stime)
        workerPeakBytes = peakResidentBytes() ?? Int64(usage.ru_maxrss) * 1024
        self.counts = counts
        self.elapsed = elapsed
        self.scanners = scanners
        self.requests = requests
    }

    func write(to log: Log) {
        log(.info, "finished") { json in
            json.field("objects", counts.objects)
            json.field("bytes", counts.bytes)
            json.field("seconds", rounded(elapsed))
            json.field("activeSeconds", rounded(counts.activeTime))
            json.field("workerCPUSeconds", rounded(workerCPU))
            json.field("scannerCPUSeconds", rounded(scanners.cpu))
            json.field("workerPeakBytes", workerPeakBytes)
            json.field("scannerPeakBytes", scanners.maxResidentBytes)
            json.field("s3Requests", requests.s3)
            json.field("sqsRequests", requests.sqs)
            for verdict in Verdict.allCases { json.field(verdict.rawValue, counts.verdicts[verdict] ?? 0) }
            json.field("reusedVerdicts", counts.reusedVerdicts)
            for kind in Outcome.Kind.allCases where kind != .settled {
                json.field(kind.rawValue, counts.otherOutcomes[kind] ?? 0)
            }
            json.field("duplicates", counts.duplicates)
            json.field("retries", counts.retries)
            json.field("handedBack", counts.handedBack)
            json.field("unreadable", counts.unreadable)
        }
    }

    /// The summary as one line for a terminal.
    var line: String {
        let seconds = elapsed / .seconds(1)
        let kinds = counts.byKind.isEmpty ? "" : " (\(counts.byKind.joined(separator: ", ")))"
        return "\(counts.objects) objects\(kinds), \(humanBytes(counts.bytes)) in \(tenths(seconds)) s;"
            + " CPU: worker \(tenths(workerCPU / .seconds(1))) s, scanners \(tenths(scanners.cpu / .seconds(1))) s;"
            + " requests: S3 \(requests.s3), SQS \(requests.sqs)"
    }

    private func rounded(_ duration: Duration) -> Double {
        ((duration / .milliseconds(1)) as Double).rounded() / 1000
    }
}

/// The peak resident set size of this process. `getrusage` is not used: its figure is inherited through exec.
private func peakResidentBytes() -> Int64? {
    guard let file = unsafe fopen("/proc/self/status", "r") else { return nil }
    defer { unsafe fclose(file) }
    var buffer = [CChar](repeating: 0, count: 256)
    while unsafe fgets(&buffer, CInt(buffer.count), file) != nil {
        let line = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard line.hasPrefix("VmHWM:") else { continue }
        return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int64($0) }.map { $0 * 1024 }
    }
    return nil
}

extension Duration {
    fileprivate init(_ time: timeval) {
        self = .seconds(Int64(time.tv_sec)) + .microseconds(Int64(time.tv_usec))
    }
}
