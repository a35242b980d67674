internal import Domain
internal import Support

extension Log {
    /// Logs how an attempt ended.
    func record(_ result: AttemptResult, of job: Job, took duration: Duration) {
        let level: Level
        let message: String
        switch result {
        case .finished(let outcome): (level, message) = (outcome.level, "object \(outcome.kind.rawValue)")
        case .duplicate: (level, message) = (.debug, "object already finished")
        case .open: (level, message) = (.warning, "attempt failed")
        case .handedBack: (level, message) = (.info, "job handed back")
        case .parked: (level, message) = (.debug, "job waits for S3")
        }
        self(level, message) { json in
            json.field("job", job.id.text)
            json.field("bucket", job.object.bucket)
            json.field("key", job.object.key.text)
            json.field("versionId", job.object.versionID)
            switch result {
            case .finished(let outcome), .duplicate(let outcome): outcome.write(to: &json)
            case .open(let reason), .handedBack(let reason), .parked(let reason): json.field("error", reason)
            }
            json.field("milliseconds", Int64(duration / .milliseconds(1)))
        }
    }
}

extension Outcome {
    fileprivate var level: Log.Level {
        switch self {
        case .settled(let judgement, _, _): judgement.verdict == .clean ? .info : .warning
        case .gone, .superseded, .marker: .info
        case .unmatched: .warning
        case .failed: .error
        }
    }

    fileprivate func write(to json: inout JSONWriter) {
        if case .failed(let reason, _) = self { json.field("error", reason) }
        guard let judgement else { return }
        json.field("verdict", judgement.verdict.rawValue)
        if case .settled(_, let disposition, let destination) = self {
            json.field("disposition", disposition.rawValue)
            json.field("destination", destination?.location.description)
        }
        json.field("type", judgement.evidence.detectedType)
        json.field("bytes", judgement.evidence.bytesRead)
        json.field("scanMillis", judgement.evidence.scanMilliseconds)
        if !judgement.findings.isEmpty {
            json.field("findings", judgement.findings.map { "\($0.kind.rawValue):\($0.name)" })
        }
    }
}
