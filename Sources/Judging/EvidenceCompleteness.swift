internal import Domain
internal import Pipelines
internal import ScanProtocol

extension Evidence {
    /// What is missing from the evidence of a finished scan, or contradicts the rest of it; empty if it is complete:
    /// every byte read, hashed and typed, scanned by a known engine with known signatures in a way that fits the
    /// object, within its limits.
    ///
    /// - Parameters:
    ///   - size: the object's size in bytes, as its store reports it.
    ///   - limits: the limits that the scan was asked to keep to.
    ///   - allowance: how long the scan may have taken, its grace included.
    func missingParts(size: Int64, limits: ScanLimits, allowance: Duration) -> [String] {
        missingOfBytes(size) + missingOfEngine() + missingOfScan(allowance) + missingOfMethod(size)
            + missingOfLayers(limits)
    }

    private func missingOfBytes(_ size: Int64) -> [String] {
        var missing: [String] = []
        if bytesRead != size { missing.append("\(bytesRead) of \(size) bytes were read") }
        if !(sha256.map(isSHA256) ?? false) { missing.append("the SHA-256 of the whole object is missing") }
        if !(detectedType.map(isMediaType) ?? false) {
            missing.append(detectedType.map { "'\($0)' is not a media type" } ?? "the detected type is missing")
        }
        return missing
    }

    private func missingOfEngine() -> [String] {
        var missing: [String] = []
        if engine?.isEmpty ?? true { missing.append("no engine answered for the scan") }
        if signatures?.isEmpty ?? true || databases.isEmpty { missing.append("the signatures used are not known") }
        if databases.contains(where: { $0.name.isEmpty }) { missing.append("a signature database has no name") }
        for database in databases where database.built.milliseconds <= 0 {
            missing.append("the build time of \(database.name) is not known")
        }
        return missing
    }

    private func missingOfMethod(_ size: Int64) -> [String] {
        switch method {
        case nil: ["the scan method is not known"]
        case .whole: size > EngineLimits.ceiling ? ["the engine does not take \(size) bytes whole"] : []
        case .members: []
        case .windows: size <= EngineLimits.ceiling ? ["\(size) bytes are not scanned in windows"] : []
        }
    }

    private func missingOfLayers(_ limits: ScanLimits) -> [String] {
        var missing: [String] = []
        if let objects {
            // An object that was scanned by its members has at least one.
            let fewest = method == .members ? 2 : 1
            if objects < fewest { missing.append("\(objects) objects were inspected") }
            if objects > 1 + limits.maxFiles {
                missing.append("\(objects) objects were inspected, and the limit is \(limits.maxFiles) files")
            }
        } else {
            missing.append("the number of inspected objects is not known")
        }
        if let deepest {
            if deepest < 0 || deepest > limits.maxRecursion {
                missing.append("level \(deepest) was inspected, and the limit is \(limits.maxRecursion)")
            }
            if deepest > 0, let objects, deepest >= objects {
                missing.append("level \(deepest) was inspected, but only \(objects) objects")
            }
        } else {
            missing.append("the deepest inspected level is not known")
        }
        for form in forms {
            if form.layers < 1 { missing.append("\(form.layers) layers of the form \(form.form) are reported") }
            let isOpenable = form.opener != CoverageRow.Opener.nobody.rawValue
            if !isOpenable, Coverage.row(form: form.form)?.refusal != "encrypted" {
                missing.append("a layer of the form \(form.form) was not opened")
            }
        }
        if extracted.map({ $0 < 0 }) ?? true { missing.append("the number of extracted members is not known") }
        return missing
    }

    private func missingOfScan(_ allowance: Duration) -> [String] {
        var missing: [String] = []
        if let vouchedBy { missing.append("job \(vouchedBy) vouches for an object that was scanned") }
        if !limits.isEmpty { missing.append("limits were hit: \(limits.joined(separator: ", "))") }
        if let taken = scanMilliseconds {
            if taken < 0 || .milliseconds(taken) > allowance {
                missing.append("the scan reports \(taken) ms, and it had \(allowance)")
            }
        } else {
            missing.append("the duration of the scan is not known")
        }
        return missing
    }
}

private func isSHA256(_ text: String) -> Bool {
    text.utf8.count == 64
        && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
}
