package import Domain
internal import Inspection
internal import Pipelines

extension Judgement {
    /// The judgement that findings and evidence of a finished scan support. Without findings that is `clean` only if
    /// the evidence adds up: every byte read, hashed and typed, scanned by a known engine with known signatures in a way
    /// that fits the object, within its limits. What is missing or contradicts itself becomes a finding, and the object
    /// `unscannable`.
    ///
    /// - Parameters:
    ///   - size: of the object, in bytes, as its store says.
    ///   - limits: those that the scan was asked to keep to.
    ///   - allowance: how long the scan might have taken, its grace included.
    package static func proven(
        findings: [Finding], evidence: Evidence, size: Int64, limits: ScanLimits, allowance: Duration
    ) -> Judgement {
        let gaps =
            evidence.gapsInBytes(size) + evidence.gapsInEngine() + evidence.gapsInScan(size, limits, allowance)
        // Where another finding decides already, gaps in the evidence are its consequence and no news.
        let decides = findings.contains { ($0.kind.verdict ?? .clean) >= .unscannable }
        let all =
            decides ? findings : findings + gaps.map { Finding(.limit, "evidence-incomplete", detail: $0) }
        return Judgement(verdict: Verdict(of: all), findings: all, evidence: evidence)
    }
}

extension Evidence {
    /// What is missing of the object's own bytes.
    fileprivate func gapsInBytes(_ size: Int64) -> [String] {
        var gaps: [String] = []
        if bytesRead != size { gaps.append("\(bytesRead) of \(size) bytes were read") }
        if !(sha256.map(isSHA256) ?? false) { gaps.append("there is no SHA-256 of the whole") }
        if !(detectedType.map(isMediaType) ?? false) {
            gaps.append(detectedType.map { "'\($0)' is no media type" } ?? "there is no detected type")
        }
        return gaps
    }

    /// What is missing of the word of who scanned, and by which signatures.
    fileprivate func gapsInEngine() -> [String] {
        var gaps: [String] = []
        if engine?.isEmpty ?? true { gaps.append("no engine answered for the scan") }
        if signatures?.isEmpty ?? true || databases.isEmpty {
            gaps.append("it is not known which signatures were used")
        }
        if databases.contains(where: { $0.name.isEmpty }) { gaps.append("a database of signatures has no name") }
        for database in databases where database.built.milliseconds <= 0 {
            gaps.append("it is not known when \(database.name) was built")
        }
        return gaps
    }

    /// What is missing of the scan itself.
    fileprivate func gapsInScan(_ size: Int64, _ limits: ScanLimits, _ allowance: Duration) -> [String] {
        var gaps: [String] = []
        if !self.limits.isEmpty { gaps.append("limits were hit: \(self.limits.joined(separator: ", "))") }
        switch scanMilliseconds {
        case nil: gaps.append("it is not known how long the scan took")
        case let taken?:
            if taken < 0 || .milliseconds(taken) > allowance {
                gaps.append("the scan is said to have taken \(taken) ms, and it had \(allowance)")
            }
        }
        switch method {
        case nil: gaps.append("it is not known how the object was gone over")
        case .whole:
            if size > engineCeiling { gaps.append("the engine does not take \(size) bytes whole") }
        case .members: break
        case .windows:
            if size <= engineCeiling { gaps.append("\(size) bytes are not gone over in windows") }
        }
        // Of an object that was opened, its members count as well, and there is at least one.
        let fewest = method == .members ? 2 : 1
        if let objects {
            if objects < fewest { gaps.append("\(objects) objects were inspected") }
            if objects > 1 + limits.maxFiles {
                gaps.append("\(objects) objects were inspected, and at most \(limits.maxFiles) files are to be in it")
            }
        } else {
            gaps.append("it is not known how many objects were inspected")
        }
        if let deepest {
            if deepest < 0 || deepest > limits.maxRecursion {
                gaps.append("level \(deepest) was inspected, and at most \(limits.maxRecursion) are to be in it")
            }
            if deepest > 0, let objects, deepest >= objects {
                gaps.append("level \(deepest) was inspected, of \(objects) objects")
            }
        } else {
            gaps.append("it is not known down to which level the object was inspected")
        }
        if recovered.map({ $0 < 0 }) ?? true { gaps.append("it is not known what was unpacked beside the engine") }
        return gaps
    }
}

private func isSHA256(_ text: String) -> Bool {
    text.utf8.count == 64
        && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
}
